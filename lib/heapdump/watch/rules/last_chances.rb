# frozen_string_literal: true

module HeapDump
  class Watch
    module Rules
      # Whether there will be time and room for a dump later, for the rule of the memory. Only what
      # the container uses can be foreseen.
      module LastChances # :nodoc:
        TIMES = 2 # as long as the dumps for all marks that are left need: if no more is left
        # Times what a dump needs: if no more is left, it is time. Of a process that is alone a dump
        # may take more than that, if its own GC writes everywhere meanwhile.
        SCARCE = 1.5
        SCARCE_ALONE = 2
        FIRM = 0.9 # of what is used: if less cannot be given back, there is more room than it seems
        HALF = 0.5 # of the time until the next look is late
        SOON = 1 # second until the next look, where memory grows and room is scarce
        private_constant :TIMES, :SCARCE, :SCARCE_ALONE, :FIRM, :HALF, :SOON

        private

        # Whether the time until the limit is just enough for the dumps of all marks that are left.
        def fast?(facts)
          return false unless @of == :container

          outlook = facts.gauge.outlook
          seconds = outlook.seconds_left
          !seconds.nil? && seconds <= TIMES * left.size * outlook.dump_seconds
        end

        # Whether there will soon be no room for a dump any more, and page cache is not the reason.
        def scarce?(facts)
          return false unless @of == :container

          room, needed = facts.gauge.headroom
          used, firm = usage(facts)
          return false unless room&.between?(facts.gauge.least, needed * scarce(facts))

          firm.nil? || firm >= used * FIRM
        end

        # If less is used than these bytes, it is not; nil if that is not known.
        def scarce_from(facts)
          facts.gauge.room_up_to(scarce(facts)) if @of == :container
        end

        def scarce(facts)
          facts.gauge.alone? ? SCARCE_ALONE : SCARCE
        end

        # A dump that is due when the process has grown must not come too late (seconds, or nil).
        def haste_for_room
          return unless @room && left.any? && @firm.known?

          seconds = @firm.seconds_until(@room)
          return unless seconds&.positive?

          @scarce ? [seconds * HALF, SOON].min : seconds * HALF
        end

        # Whether what grows now would kill the process before there is another dump: then it does
        # not matter how long ago it was started.
        def last_chance?(facts)
          return false unless @of == :container

          return false unless @fast || @scarce

          facts.gauge.outlook.growth.positive? || @firm.rate&.positive? || false
        end

        # What may be used when a dump begins.
        def last_room(facts, limit)
          _, needed = facts.gauge.headroom if @of == :container
          limit && (limit - needed.to_i)
        end
      end
    end
  end
end
