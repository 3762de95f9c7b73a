# frozen_string_literal: true

module HeapDump
  module Html
    # The share of a part in a whole: in words, and as a bar if it is large enough to be seen.
    #
    #   Bar.new(1, 4).markup # => "25.0 %<svg …"
    class Bar
      WIDTH = 60 # of the whole
      LEAST = 1.5 # a smaller bar would not be seen

      Template.define(self, :markup, "bar")

      def initialize(part, whole)
        @part = part
        @whole = whole
      end

      private

      def words
        Terminal::Units.percent(@part, @whole)
      end

      def width
        @whole.positive? ? (WIDTH * @part.fdiv(@whole)).clamp(0, WIDTH).round(1) : 0
      end
    end
  end
end
