# frozen_string_literal: true

# Loaded by `rake heapdump:loop` before the examples: each of them runs in rounds, and fails if
# something grows.

require_relative "../rspec"

HeapDump::RSpec::Again.install(all: true)
