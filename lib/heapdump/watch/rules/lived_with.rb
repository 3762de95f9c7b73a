# frozen_string_literal: true

module HeapDump
  class Watch
    module Rules
      # With how much memory all was well, for the rule of the memory: what was used when the
      # process had settled, or in an episode that has ended. Dumps of as much say nothing of a
      # leak, so they must not use up those that a leak needs later.
      module LivedWith # :nodoc:
        GROWN = 1.05 # times what it had, then there is something to compare
        GROWN_FAST = 1.02 # that will do if there is no time or room to wait
        private_constant :GROWN, :GROWN_FAST

        # What was dumped before was not before a kill. So the marks may strike again, for what has
        # grown since.
        def settled(facts)
          @lived = firm(facts)
          return unless @lived && @dumped

          @dumped = facts.private
          @marks.each do |mark|
            mark.late ||= mark.spent
            mark.spent = mark.early = nil
          end
        end

        def settled?
          !@lived.nil?
        end

        def modest(facts)
          return Strike::FOR_START unless @lived

          used = firm(facts)
          used && used < @lived * enough ? Strike::FOR_OTHERS : 0
        end

        private

        # What is the largest process when all is well need not be what leaks later.
        def shared(modest)
          @of == :container && (modest.zero? || :usual)
        end

        # Whether this process has, since its last dump.
        def grown?(facts)
          @dumped && facts.private.to_i >= @dumped * enough
        end

        def enough
          @fast || @scarce ? GROWN_FAST : GROWN
        end

        # What cannot be given back, as far as it is known; nil if nothing is.
        def firm(facts)
          used, firm = usage(facts)
          firm || used
        end

        # Less is used again, and the process is there.
        def end_episode(mark)
          @lived = [@lived, @peak].max if mark.spent && @lived && @peak
          mark.rearm
        end
      end
    end
  end
end
