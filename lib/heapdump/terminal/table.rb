# frozen_string_literal: true

module HeapDump
  module Terminal
    # Rows in aligned columns. On a terminal that is too narrow, the widest column of text is cut in
    # the middle; numbers and addresses are never cut.
    #
    #   table = Table.new(%w[objects retained address class], right: 2) # the first two are numbers
    #   table.row("300", "1.2 MiB", "0x7f10a2b3c4d8", "Session")
    #   screen.table(table)
    class Table
      GAP = "  "
      LEAST = 6 # a column of text is never cut to less
      WHOLE = "address" # the title of a column that is never cut: a part of an address is useless

      # +titles+:: the titles of the columns; without them (nil) there is no first line with titles
      # +right+::  how many columns, from the first on, are aligned to the right
      def initialize(titles, right: 0)
        @titles = titles
        @right = right
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

        widths = fit(natural_widths, columns)
        yield [[:dim, join(@titles, widths)]] if @titles
        @rows.zip(@styles) { |row, style| yield [[style, join(row, widths)]] }
      end

      private

      def natural_widths
        all = [*(@titles && [@titles]), *@rows]
        Array.new(all.map(&:size).max) { |i| all.map { |row| Text.width(row[i].to_s) }.max }
      end

      # Makes the widest columns of text narrower until the row fits.
      def fit(widths, columns)
        excess = columns ? widths.sum + (GAP.size * (widths.size - 1)) - columns : 0
        flexible = (@right...widths.size).reject { |i| @titles && @titles[i] == WHOLE }
        while excess.positive?
          widest = flexible.max_by { |i| widths[i] }
          break if widest.nil? || widths[widest] <= LEAST

          less = [excess, widths[widest] - LEAST].min
          widths[widest] -= less
          excess -= less
        end
        widths
      end

      def join(cells, widths)
        last = cells.size - 1
        cells.each_with_index.map do |cell, i|
          text = i < @right ? cell : Text.cut(cell, widths[i], keep: :middle)
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
