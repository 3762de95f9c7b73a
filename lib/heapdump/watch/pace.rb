# frozen_string_literal: true

module HeapDump
  class Watch
    # How fast something grows: from the first of the looks of the last seconds to the last one, two
    # looks at least.
    class Pace # :nodoc:
      SPAN = 5 # seconds; a jump counts for so long, or until the next look
      private_constant :SPAN

      def initialize
        @looks = []
      end

      # A look at +seconds+ has found +amount+.
      def note(seconds, amount)
        @looks << [seconds, amount]
        @looks.shift while @looks.size > 2 && @looks[1].first <= seconds - SPAN
      end

      # Seconds until there is so much (Numeric, 0 if there is), if it goes on like this; nil if it
      # does not grow.
      def seconds_until(amount)
        (began, least), (now, most) = @looks.first, @looks.last
        return unless @looks.size > 1 && most > least && now > began

        [(amount - most) * (now - began) / (most - least).to_f, 0].max
      end
    end
  end
end
