# frozen_string_literal: true

module HeapDump
  class Watch
    # How fast something grows, by the looks of the last seconds.
    class Pace # :nodoc:
      SPAN = 5 # seconds; a jump counts for so long, or until the next look
      STEP = 0.4 # seconds; what is between two looks that are closer is chance
      # Seconds; what grows slowly does so in pieces, and not in each of two shorter steps.
      LONG = 1.2
      private_constant :SPAN, :STEP, :LONG

      # A look is a place in two lists, because each look of a watch is noted, and no object is made
      # for it.
      def initialize
        @times = []
        @amounts = []
      end

      # A look at +seconds+ has found +amount+.
      def note(seconds, amount)
        @fastest = nil
        last = @times.last
        pop if last && last >= seconds
        @times << seconds
        @amounts << amount
        while @times.size > 3 && @times[1] <= seconds - SPAN
          @times.shift
          @amounts.shift
        end
      end

      # What the last look has found.
      def last
        @amounts.last
      end

      # Whether enough looks were noted to say whether it grows.
      def known?
        @times.size > 1
      end

      # Seconds until there is so much (Float, 0.0 if there is), if it goes on like this; nil if it
      # does not grow. Two looks are enough, so a jump is growth, too.
      def seconds_until(amount)
        return if @times.empty?

        rate = @fastest ||= fastest
        [(amount - @amounts.last) / rate, 0.0].max if rate.positive?
      end

      # How much it has grown in a second on average (Float), from the first look on that is kept to
      # the last one. 0.0 if it has not grown; nil if nobody knows.
      def mean
        now = @times.size - 1
        since(0, now).clamp(0.0..) if known? && @times[now] >= @times[0] + STEP
      end

      # How much it grows in a second (Float): what it does so in each of the last two steps, so
      # that one jump is no growth. 0.0 if it does not grow; nil if nobody knows yet.
      def rate
        quick = steady(STEP) or return
        [quick, steady(LONG) || 0.0].max
      end

      private

      # In each of the last two steps of so many seconds.
      def steady(step)
        now = @times.size - 1
        middle = before(now, step) if now >= 0
        first = before(middle, step) if middle
        [since(middle, now), since(first, middle)].min.clamp(0.0..) if first
      end

      def pop
        @times.pop
        @amounts.pop
      end

      # How much it grows in a second, in the last step or in the time for which jumps count. 0.0
      # if there is no step.
      def fastest
        now = @times.size - 1
        return 0.0 if now.zero?
        # It is both: usual looks are further from each other.
        return since(now - 1, now) if @times[now - 1] <= @times[now] - SPAN

        step = before(now, STEP)
        jump = before(now, SPAN) || 0
        return since(jump, now) if step.nil? || jump == step

        [since(jump, now), since(step, now)].max
      end

      # By how much it has grown in a second between two looks.
      def since(look, now)
        (@amounts[now] - @amounts[look]) / (@times[now] - @times[look]).to_f
      end

      # The last look that was so many seconds before another one, or more; nil if there is none.
      def before(look, seconds)
        latest = @times[look] - seconds
        look -= 1
        look -= 1 while look >= 0 && @times[look] > latest
        look if look >= 0
      end
    end
  end
end
