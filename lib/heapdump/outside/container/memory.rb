# frozen_string_literal: true

require_relative "../../watch/gauge"
require_relative "finding"

module HeapDump
  module Outside
    class Container
      # Whether a dump has room in the memory, by the rules of HeapDump.watch.
      class Memory
        # +given+ is the limit that the environment says, if it does.
        def initialize(machine, target, given)
          @gauge = Watch::Gauge.new(machine, given)
          @target = target
          @given = given
          @gauge.refresh
        end

        def findings
          [limit, working_set, headroom, oom_group]
        end

        private

        def group
          @gauge.cgroup
        end

        def limit
          bytes = @gauge.limit
          figures = { bytes: bytes, source: @gauge.source, cgroup_version: group&.version }
          if @gauge.source == :machine
            return Finding.note("limit", "none: #{size(bytes)} of the whole machine",
                                "give it one (resources.limits.memory, docker run --memory, " \
                                "MemoryMax= of systemd)#{without_limit}", **figures)
          end
          return unknown("limit", **figures) unless bytes

          by = @given ? "HEAPDUMP_LIMIT" : "a control group of version #{group.version}"
          Finding.ok("limit", "#{size(bytes)}, by #{by}", **figures)
        end

        # A limit that is given is one of the whole group, where there is a group.
        def without_limit
          return ", or say in HEAPDUMP_LIMIT what this process alone may use" unless group

          "; HEAPDUMP_LIMIT would be for #{all_of_group}, so for this process alone give marks: " \
            "on.memory at: [\"900 MiB\"], of: :process"
        end

        def all_of_group
          "all that the control group #{Terminal::Text.safe(group.measured)} uses"
        end

        def working_set
          used, anonymous = @gauge.usage
          return unknown("working set") unless used

          share = ", #{Terminal::Units.percent(used, @gauge.limit)} of that" if @gauge.limit
          Finding.ok("working set", "#{size(used)}#{share}", bytes: used, anonymous: anonymous)
        end

        def headroom
          left, needed = @gauge.headroom
          return unknown("headroom") unless left

          whose = @target ? "" : " at least (the number of a process says it exactly)"
          words = "#{size([left, 0].max)} left, a dump may take #{size(needed)}#{whose}"
          figures = { left: left, needed: needed }
          return Finding.ok("headroom", words, **figures) if left >= needed

          Finding.wrong("headroom", words, earlier(left), **figures)
        end

        # Nothing uses more than the kernel allows, so a limit that is given may be wrong.
        def earlier(left)
          if @given && left.negative? && @gauge.source == :group
            return "HEAPDUMP_LIMIT is for #{all_of_group}; take it away, or give it the control " \
                   "group's limit"
          end

          "dump earlier (HeapDump.watch begins at 0.5 of the limit), or raise the limit"
        end

        def oom_group
          if group.nil? || group.version == 1
            return Finding.ok("oom.group", "none: the kernel kills one process, a dump's first",
                              value: nil)
          end
          unless @gauge.oom_group?
            return Finding.ok("oom.group", "0: the kernel kills one process, a dump's first",
                              value: 0)
          end
          Finding.note("oom.group", "1: the kernel kills the whole container at once",
                       "leave twice the headroom; on the node, the kubelet's " \
                       "singleProcessOOMKill: true", value: 1)
        end

        def unknown(name, **figures)
          Finding.note(name, "unknown",
                       "the files of the control group must be there to be read (/sys/fs/cgroup)",
                       **figures)
        end

        def size(bytes)
          Terminal::Units.bytes(bytes)
        end
      end
    end
  end
end
