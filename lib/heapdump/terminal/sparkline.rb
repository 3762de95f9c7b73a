# frozen_string_literal: true

module HeapDump
  module Terminal
    # A line of numbers as a small picture: one character for each, from the least number to the
    # greatest. A gap (nil) is a blank.
    #
    #   Sparkline.draw([1, 4, nil, 8]) # => "▁▄ █"
    module Sparkline
      BLOCKS = %w[▁ ▂ ▃ ▄ ▅ ▆ ▇ █].freeze
      ASCII = %w[_ . : - = + * #].freeze
      MOST = 24 # characters
      private_constant :BLOCKS, :ASCII, :MOST

      module_function

      # +values+ are numbers or nil. More than +most+ of them are put together, by their mean.
      # +unicode+ is whether the terminal has more than ASCII; by default the locale says it.
      def draw(values, most: MOST, unicode: unicode?)
        points = values.size > most ? together(values, most) : values
        known = points.compact
        return " " * points.size if known.empty?

        signs = unicode ? BLOCKS : ASCII
        least, greatest = known.minmax
        points.map { |value| value ? sign(value, least, greatest, signs) : " " }.join
      end

      # Whether the locale is one of UTF-8.
      def unicode?
        Encoding.default_external == Encoding::UTF_8
      end

      class << self
        private

        def sign(value, least, greatest, signs)
          return signs.first if greatest == least

          signs[((value - least) * (signs.size - 1) / (greatest - least).to_f).round]
        end

        def together(values, most)
          Array.new(most) do |at|
            from, to = [at, at + 1].map { |one| one * values.size / most }
            known = values[from...to].compact
            known.sum / known.size.to_f unless known.empty?
          end
        end
      end
    end
  end
end
