# frozen_string_literal: true

require "heapdump"

# Version 1 of the memory controller has no memory.oom.group. This lets a watch believe that it is 1.
HeapDump::Watch::Engine # loads it
HeapDump::Watch::Cgroup.define_method(:oom_group?) { true }
