# frozen_string_literal: true

require_relative "machine"
require_relative "outlook"

module HeapDump
  class Watch
    # How full the memory is. It decides what the limit is and what counts as used, in this order:
    # a limit that is given; that of the control group, unless the machine has less memory; the
    # memory of the whole machine. What is used is what the group uses; without a group, what this
    # process does; of the whole machine, what is not available to others.
    class Gauge # :nodoc:
      MEASURE = 60 # seconds after which the limit is read again: it can be changed at any time
      CHANGE = 0.02 # private memory is read again if resident memory has changed by this share
      # What must stay free for a dump, each as bytes and a share of the private memory of the
      # process, which the dump's processes share only until one of them or the application writes
      # to it. The least of those that are listed for a case is enough.
      USUAL = [64 << 20, 0.1].freeze
      # Of a process that is small this is less: it may copy what it has, and little else. If even
      # that is too much, the kernel kills a process of the dump, and nothing else is lost.
      ALONE = [USUAL, [16 << 20, 0.25]].freeze
      # So a last try is worth it where there is less, as long as the dump may well fit.
      LEAST = [16 << 20, 0.15].freeze
      # Where that kill would be the end of the service, as systemd has it; and where the limit is
      # the memory of the machine, which others need as well.
      CAREFUL = [USUAL].freeze
      # Where the kernel kills all together: twice as much, but not more than all of the process.
      TOGETHER = [USUAL.map { |one| 2 * one }, [32 << 20, 1.25]].freeze
      private_constant :MEASURE, :CHANGE, :USUAL, :ALONE, :LEAST, :CAREFUL, :TOGETHER

      # What the limit is of: :group, :machine, or :process (a limit that was given, or none).
      attr_reader :source
      # +pid+ is the number of this process, +seconds+ what the clock showed that nobody sets, both
      # as they were at the last #refresh.
      attr_reader :limit, :cgroup, :processes, :pid, :seconds
      # What will be in the next seconds (Outlook).
      attr_reader :outlook

      def initialize(machine, given = nil)
        @machine = machine
        @given = given
        @cgroup = machine.cgroup
        @processes = machine.processes
        @pid = machine.pid
        measure(machine.seconds)
        @outlook = Outlook.new(self, machine)
      end

      # To be called at each look.
      def refresh
        forked if @machine.pid != @pid
        @seconds = seconds = @machine.seconds
        measure(seconds) if seconds >= @measured + MEASURE
        @resident = @upper = @usage = @needs = nil
        @outlook.look(seconds)
      end

      # Leaves no file open, until it is asked again.
      def close
        [@machine, @processes, *@cgroup].each(&:close)
      end

      # What is used has changed since the last #refresh.
      def read_again
        @upper = @usage = nil
      end

      # Resident memory of this process, as it was at the first question since the last #refresh.
      def resident
        @resident ||= @processes.own
      end

      # An upper bound of what is used, quick to read, as it was at the first question since the
      # last #refresh; nil if nothing is known.
      def upper
        @source == :process ? resident : @upper ||= upper_now
      end

      # The same as it is now.
      def upper_now
        case @source
        when :group then @cgroup.current
        when :machine then @machine.memory&.first
        else @processes.own
        end
      end

      # [used, what of it cannot be given back] in bytes, from the same moment as #upper; nil for
      # what is unknown.
      def usage
        case @source
        when :group then @usage ||= @cgroup.usage(upper)
        when :machine then [upper, nil]
        else [private, nil]
        end
      end

      # What of it cannot be given back, as far as that is quick to read; nil if nothing is known.
      def firm
        return resident if @source == :process

        used, firm = usage
        firm || used
      end

      # Private memory of this process. The kernel is asked only if it may have changed.
      def private
        memory.private
      end

      def memory
        if stale?
          @memory = @processes.memory
          @memory_at = resident
        end
        @memory
      end

      # How many bytes are left up to the limit, and how many a dump needs; nil without a limit.
      def headroom
        used, = usage
        return unless @limit && used

        [@limit - used, need(needs)]
      end

      # How many bytes must be left, or no dump is begun.
      def least
        need(alone? ? [USUAL, LEAST] : needs)
      end

      # Whether the kernel kills a process of a dump, and nothing else, if it takes too much.
      def alone?
        needs.equal?(ALONE)
      end

      # Up to how many bytes may be used, if a process that has all of them is to have room for so
      # many +times+ what a dump needs; nil without a limit.
      def room_up_to(times = 1)
        return unless @limit

        needs.map { |bytes, share| (@limit - (times * bytes)) / (1 + (times * share)) }.max
      end

      def oom_group?
        @cgroup ? @cgroup.oom_group? : false
      end

      # Whether the kernel's killing of any process would be the end of this one.
      def fatal?
        oom_group? || (@cgroup ? @cgroup.service? : false)
      end

      private

      def need(cases)
        own = private || usage.first # who knows nothing better takes all that is used for its own
        cases.map { |bytes, share| bytes + (own.to_i * share).to_i }.min
      end

      # The same in all of a look: a file says whether all are killed together.
      def needs
        @needs ||= if oom_group? then TOGETHER
                   else
                     @source == :machine || @cgroup&.service? ? CAREFUL : ALONE
                   end
      end

      def stale?
        return true if @memory_at.nil? || resident.nil?

        (resident - @memory_at).abs > @memory_at * CHANGE
      end

      def forked
        @pid = @machine.pid
        @memory_at = nil
        close
      end

      def measure(seconds)
        @measured = seconds
        of_group = @cgroup&.measure_limit
        whole = @machine.memory
        @limit, @source =
          if @given then [@given, @cgroup ? :group : :process]
          elsif of_group && (whole.nil? || of_group <= whole.last) then [of_group, :group]
          elsif whole then [whole.last, :machine]
          else [nil, @cgroup ? :group : :process]
          end
      end
    end
  end
end
