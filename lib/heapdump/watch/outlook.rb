# frozen_string_literal: true

require_relative "pace"

module HeapDump
  class Watch
    # What will be when a dump is written: how fast memory grows, how long that can go on, and how
    # long a dump takes. All times are seconds.
    class Outlook # :nodoc:
      NEAR = 60.0 # until the limit: memory that cannot be given back is only measured then,
      TIMES = 2 # or in so many times what a dump takes
      LOOKS = 8 # in the time that is left
      JUMP = 0.05 # of the limit: if so much more is used, it is time for a look
      STEPS = 3 # quick looks, by which a leak is told from a jump
      QUICK = 0.5 # seconds between them
      # How much of a heap a dump writes in a second: about half of what it does on two processors
      # that have three times as much to do as they can.
      SLOTS = 300_000
      BYTES = 300 << 20
      TOLD = 3600 # seconds for which the last dump tells how long the next one takes
      private_constant :NEAR, :TIMES, :LOOKS, :JUMP, :STEPS, :QUICK, :SLOTS, :BYTES, :TOLD

      def initialize(gauge, machine)
        @gauge = gauge
        @machine = machine
        @all = Pace.new # with page cache, which is quick to read
        @firm = Pace.new # what cannot be given back
        @growth = 0.0
        @steps = 0
      end

      # Bytes by which memory grows in a second (Float), steadily and so fast that it matters; else
      # 0.0.
      attr_reader :growth

      # To be called at each look.
      def look(seconds)
        @looked = upper = @gauge.upper
        @all.note(seconds, upper) if upper
        @steps -= 1 if @steps.positive?
        @near = near?
        return if @writing
        return forget unless @near

        @firm.note(seconds, @gauge.firm) if @gauge.firm
        @growth = @firm.rate || @growth
      end

      # Between two looks, where a look would cost too much. Returns whether it is time for one.
      def glance?
        upper = @gauge.upper_now
        @all.note(@machine.seconds, upper) if upper
        known = upper && @looked && @gauge.limit
        return false unless known && upper - @looked > @gauge.limit * JUMP

        @steps = STEPS
        true
      end

      # When it is to be looked at again; nil if it makes no haste. Page cache that comes and goes
      # makes none, once it is known what of the growth cannot be given back.
      def haste
        return unless near?

        left = (@firm.known? ? @firm : @all).seconds_until(@gauge.limit)&./(LOOKS)
        [*left, *(QUICK if @steps.positive?)].min
      end

      # Until there is no room for a dump any more, if memory grows on; nil if it does not grow so
      # fast.
      def seconds_left
        return unless @growth.positive?

        room, needed = @gauge.headroom
        [(room - needed) / @growth, 0.0].max if room
      end

      # Until no dump is begun any more, also if what may be a single jump goes on. It is only
      # feared for as long as jumps count: large ones are usual in a large process, whose dump takes
      # minutes.
      def least_left
        room, = @gauge.headroom
        return unless room

        room -= @gauge.least
        jumping = @firm.seconds_until(@firm.last + room) if @firm.last && soon?
        steady = [room / @growth, 0.0].max if @growth.positive?
        [jumping, steady].compact.min
      end

      # That a dump takes: as long as the last one of this process, and longer for what has come
      # since. The machine may have had much to do then, so that counts for an hour: for ever, one
      # slow dump might be the reason that there is no other one.
      def dump_seconds
        resident = @gauge.resident.to_f
        if @took && @machine.seconds < @took_at + TOLD
          return @took + ([resident - @size, 0].max / BYTES)
        end

        (@machine.slots.to_f / SLOTS) + (resident / BYTES)
      end

      # A dump is begun. What its processes take until #ended is no growth.
      def begun
        @writing = true
        @before = Pace.new
        @before.note(@machine.seconds, @gauge.firm) if @gauge.firm
      end

      # What there is more of than before the dump is what has grown meanwhile. It may have taken
      # minutes, so another one must not begin as if nothing were known.
      def ended
        @writing = false
        @gauge.read_again
        @before.note(@machine.seconds, @gauge.firm) if @gauge.firm
        @growth = @before.mean || @growth
        @firm = Pace.new
        @steps = STEPS
      end

      # A dump has taken so long, of a process that was so large when it began.
      def took(seconds, resident)
        @took = seconds
        @took_at = @machine.seconds
        @size = resident.to_f
      end

      private

      # What was measured when it was near says nothing of the next time.
      def forget
        @firm = Pace.new if @firm.last
        @growth = 0.0
      end

      # Whether it would come to the limit soon, or before a dump that is begun soon has ended.
      def near?
        limit = @gauge.limit
        left = limit && @all.seconds_until(limit)
        !left.nil? && left < [NEAR, TIMES * dump_seconds].max
      end

      def soon?
        @near && @gauge.limit && @all.seconds_until(@gauge.limit)&.<(NEAR)
      end
    end
  end
end
