# frozen_string_literal: true

module HeapDump
  module Terminal
    # Rows in aligned columns. On a terminal that is too narrow, the widest column of text is cut in
    # the middle; numbers and addresses are never cut. Where one of the columns that may stand below
    # would be cut to less than READABLE, these stand on a line of their own below each row.
    #
    #   table = Table.new(%w[objects retained address class], right: 2) # the first two are numbers
    #   table.row("300", "1.2 MiB", "0x7f10a2b3c4d8", "Session")
    #   screen.table(table)
    class Table
      GAP = "  "
      LEAST = 6 # a column of text is never cut to less
      READABLE = 24 # a column that may stand below is not cut to less beside the others
      INDENT = "    " # before what stands below
      # Titles of columns that are never cut: a part of what stands in them is useless.
      WHOLE = %w[address way].freeze

      # +titles+:: the titles of the columns; without them (nil) there is no first line with titles
      # +right+::  how many columns, from the first on, are aligned to the right
      # +below+::  how many columns, the last ones, may stand below the others
      def initialize(titles, right: 0, below: 0)
        @titles = titles
        @right = right
        @below = below
        @rows = []
        @styles = []
      end

      # Adds a row of texts. +style+ applies to the whole row.
      def row(*cells, style: nil)
        @rows << cells.map { |cell| Text.safe(cell) }
        @styles << style
        self
      end

      def empty?
        @rows.empty?
      end

      # Yields each line as spans for Screen#line.
      def each_line(columns = nil)
        return if empty? && @titles.nil?

        parts = parts(columns)
        titles = @titles ? [[@titles, :dim]] : []
        (titles + @rows.zip(@styles)).each do |row, style|
          parts.each do |range, widths, indent|
            yield [[style, indent + join(row, range, widths)]]
          end
        end
      end

      private

      # Which columns are on a line together (Range), all widths, and what stands before them.
      def parts(columns)
        natural = natural_widths
        all = 0...natural.size
        widths = fit(natural, all, columns)
        return [[all, widths, ""]] unless split?(natural, widths)

        above = 0...(natural.size - @below)
        below = above.end...natural.size
        [[above, fit(natural, above, columns), ""],
         [below, fit(natural, below, columns - INDENT.size), INDENT]]
      end

      def split?(natural, widths)
        widths.zip(natural).last(@below).any? { |width, whole| width < [whole, READABLE].min }
      end

      def natural_widths
        all = [*(@titles && [@titles]), *@rows]
        Array.new(all.map(&:size).max) { |i| all.map { |row| Text.width(row[i].to_s) }.max }
      end

      # The widths of all columns, the widest columns of text in +range+ so much narrower that these
      # fit.
      def fit(natural, range, columns)
        widths = natural.dup
        excess = columns ? widths[range].sum + (GAP.size * (range.size - 1)) - columns : 0
        flexible = flexible(range)
        while excess.positive?
          widest = flexible.max_by { |i| widths[i] }
          break if widest.nil? || widths[widest] <= LEAST

          less = [excess, widths[widest] - LEAST].min
          widths[widest] -= less
          excess -= less
        end
        widths
      end

      def flexible(range)
        range.reject { |i| i < @right || (@titles && WHOLE.include?(@titles[i])) }
      end

      def join(cells, range, widths)
        last = [range.end, cells.size].min - 1
        (range.begin..last).map do |i|
          text = i < @right ? cells[i] : Text.cut(cells[i], widths[i], keep: :middle)
          if i == last && i >= @right
            text
          else
            Text.pad(text, widths[i], i < @right ? :right : :left)
          end
        end.join(GAP).rstrip
      end
    end
  end
end
