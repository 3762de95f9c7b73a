# frozen_string_literal: true

require_relative "../watch/machine"

module HeapDump
  module Outside
    # The machine as another process sees it, which may be in another container: its control group,
    # its memory, its files. Watch::Gauge reckons with it as a watch in that process does.
    class Machine < Watch::Machine
      # Memory of that process, and not of this one.
      class Processes < Watch::Processes
        def own
          resident&.first
        end

        def resident(pid = @pid)
          super
        end

        def memory(pid = @pid)
          super
        end
      end
      private_constant :Processes

      # +target+ is the process (Target).
      def initialize(target)
        super()
        @target = target
      end

      def pid
        @target.pid
      end

      # Its path is that of the process. Where the process has other mounts, its own group is at
      # the root of them.
      def cgroup
        here = @target.sees?(GROUPS)
        Watch::Cgroup.find(here ? "" : @target.outer_path("/").chomp("/"),
                           Watch::KernelFile.read("/proc/#{pid}/cgroup"))
      end

      def processes
        Processes.new("", pid)
      end

      GROUPS = "/sys/fs/cgroup"
      private_constant :GROUPS
    end
  end
end
