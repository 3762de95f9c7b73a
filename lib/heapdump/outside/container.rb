# frozen_string_literal: true

require_relative "../watch/quantity"
require_relative "machine"
require_relative "container/memory"
require_relative "container/files"
require_relative "container/tracing"

module HeapDump
  module Outside
    # What the container of a process says about dumps: whether there is room for them, in memory
    # and on a disk, and who may trace. It changes nothing.
    #
    # A container is a control group and mounts. On a machine without any, the same is found of the
    # machine.
    class Container
      # +target+ is a process in it (Target), nil for this process. +limit+ is the limit of the
      # memory where it is known better than the kernel knows it. +root+ is put before each path of
      # the kernel's files: "", except in a test.
      def initialize(target: nil, directory: "/var/tmp/heapdump", limit: nil, root: "",
                     machine: target ? Machine.new(target) : Watch::Machine.new(root: root),
                     gdb: Gdb.find, attach: Attach.find)
        @parts = [
          Memory.new(machine, target, limit),
          Files.new(machine, target, directory),
          Tracing.new(target, root, gdb, attach)
        ]
      end

      # All that is found (Array of Findings).
      def findings
        @parts.flat_map(&:findings)
      end
    end
  end
end
