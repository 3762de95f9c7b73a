# frozen_string_literal: true

module HeapDump
  module Terminal
    # How the columns of a Table share a terminal. Numbers, addresses and titles are never cut. The
    # other columns share what is left: each gets what it needs, or as much as the widest. If one
    # would get less than LEAST, the last columns stand below each row, each on a line of its own.
    # Without titles, the first column says what the others are.
    class Columns
      LEAST = 12 # a column of text is not cut to less beside the others
      # Titles of columns that are never cut: a part of what stands in them is useless.
      WHOLE = %w[address way].freeze
      # A number with its unit, or an address.
      NUMBER = /\A[-+<~≈]?\d[\d,.]*(?: (?:[KMGTPE]i)?B| %)?\z|\A0x\h+\z|\A-?\z/
      private_constant :WHOLE, :NUMBER

      # +natural+:: the widths that nothing is cut in; +below+:: the columns that stand below.
      attr_reader :natural, :below

      # +columns+:: those of the terminal, or nil: every column has the width that it needs
      def initialize(titles, rows, right, columns)
        @titles = titles
        @columns = columns
        all = [*(titles && [titles]), *rows]
        @natural = Array.new(all.map(&:size).max) do |i|
          all.map { |row| Text.width(row[i].to_s) }.max
        end
        @text = columns ? (right...size).reject { |i| whole?(i, rows) } : []
        @below = columns ? moved : []
        @widths = columns ? [*shared, *lines_below].to_h : {}
      end

      def size
        natural.size
      end

      def beside?(column)
        !below.include?(column)
      end

      # What a text of this column is cut to; nil if it is not cut.
      def width(column)
        @widths[column]
      end

      # How wide the titles are that stand below.
      def name_width
        below.map { |i| Text.width(@titles[i]) }.max
      end

      # How much stands before this column.
      def before(column)
        beside.select { |i| i < column }.sum { |i| (width(i) || natural[i]) + Table::GAP.size }
      end

      private

      def beside
        (0...size).to_a - below
      end

      def whole?(column, rows)
        (@titles && WHOLE.include?(@titles[column])) ||
          rows.all? { |row| row[column].to_s.match?(NUMBER) }
      end

      # The columns that stand below: of text before others, the last ones first, never the first.
      def moved
        order = [*@text.reverse, *((0...size).to_a - @text).reverse] - [0]
        (0..order.size).map { |n| order.first(n).sort }.find do |gone|
          fits?((0...size).to_a - gone)
        end || order.sort
      end

      def fits?(columns)
        columns.sum { |i| least(i) + Table::GAP.size } - Table::GAP.size <= @columns
      end

      def least(column)
        return natural[column] unless @text.include?(column)
        return [natural[0], @columns / 2].min if column.zero? && !@titles

        title = @titles ? Text.width(@titles[column]) : 0
        LEAST.clamp(title, natural[column])
      end

      # The widths of the texts that stand beside others: who has least gets the next column.
      def shared
        texts = @text & beside
        widths = texts.to_h { |i| [i, least(i)] }
        left = @columns + Table::GAP.size
        beside.each { |i| left -= (widths[i] || natural[i]) + Table::GAP.size }
        return widths.transform_values { |width| [width + left, 1].max } if left.negative?

        left.times do
          poor = texts.select { |i| widths[i] < natural[i] }.min_by { |i| widths[i] }
          poor ? widths[poor] += 1 : break
        end
        widths
      end

      def lines_below
        names = @titles && !below.empty? ? name_width + Table::GAP.size : 0
        (@text & below).to_h { |i| [i, [@columns - Table::INDENT.size - names, 1].max] }
      end
    end
  end
end
