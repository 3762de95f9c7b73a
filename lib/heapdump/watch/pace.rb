# frozen_string_literal: true

module HeapDump
  class Watch
    # How fast something grows, by the looks of the last seconds.
    class Pace # :nodoc:
      SPAN = 5 # seconds; a jump counts for so long, or until the next look
      STEP = 0.4 # seconds; what is between two looks that are closer is chance
      private_constant :SPAN, :STEP

      Look = Struct.new(:seconds, :amount) do
        # How much more there is for each second since then.
        def since(other)
          (amount - other.amount) / (seconds - other.seconds).to_f
        end
      end
      private_constant :Look

      def initialize
        @looks = []
      end

      # A look at +seconds+ has found +amount+.
      def note(seconds, amount)
        @fastest = nil
        last = @looks.last
        @looks.pop if last && last.seconds >= seconds
        @looks << Look.new(seconds, amount)
        @looks.shift while @looks.size > 3 && @looks[1].seconds <= seconds - SPAN
      end

      # What the last look has found.
      def last
        @looks.last&.amount
      end

      # Whether enough looks were noted to say whether it grows.
      def known?
        @looks.size > 1
      end

      # Seconds until there is so much (Numeric, 0 if there is), if it goes on like this; nil if it
      # does not grow. Two looks are enough, so a jump is growth, too.
      def seconds_until(amount)
        return if @looks.empty?

        rate = @fastest ||= fastest
        [(amount - last) / rate, 0].max if rate.positive?
      end

      # How much it has grown in a second on average (Float), from the first look on that is kept to
      # the last one. 0.0 if it has not grown; nil if nobody knows.
      def mean
        first = @looks.first
        now = @looks.last
        now.since(first).clamp(0.0..) if known? && now.seconds >= first.seconds + STEP
      end

      # How much it grows in a second (Float): what it does so in each of the last two steps, so
      # that one jump is no growth. 0.0 if it does not grow; nil if nobody knows yet.
      def rate
        now = @looks.last
        middle = now && before(now, STEP)
        first = middle && before(middle, STEP)
        [now.since(middle), middle.since(first)].min.clamp(0.0..) if first
      end

      private

      # How much it grows in a second, in the last step or in the time for which jumps count.
      def fastest
        now = @looks.last
        step = before(now, STEP)
        jump = before(now, SPAN) || @looks.first
        return since(step, now) if jump.equal?(step)

        [since(jump, now), since(step, now)].max
      end

      # By how much it has grown in a second between two looks; 0 if they are one, or the first is
      # not known.
      def since(look, now)
        look.nil? || look.equal?(now) ? 0 : now.since(look)
      end

      # The last look that was so many seconds before another one, or more; nil if there is none.
      def before(look, seconds)
        latest = look.seconds - seconds
        at = @looks.rindex { |one| one.seconds <= latest }
        at && @looks[at]
      end
    end
  end
end
