# frozen_string_literal: true

module HeapDump
  module Terminal
    # Rows in aligned columns. On a terminal that is too narrow, columns of text are cut in the
    # middle, and the last columns stand below each row where too little would be left of them
    # (Columns). A table without titles tells facts: the last of a row goes on in the next line.
    #
    #   table = Table.new(%w[objects retained address class], right: 2) # the first two are numbers
    #   table.row("300", "1.2 MiB", "0x7f10a2b3c4d8", "Session")
    #   screen.table(table)
    class Table
      GAP = "  "
      INDENT = "    " # before what stands below

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

        fitted = Columns.new(@titles, @rows, @right, columns)
        yield [[:dim, join(@titles, fitted)]] if @titles
        @rows.zip(@styles) do |row, style|
          lines(row, fitted).each { |line| yield [[style, line]] }
        end
      end

      private

      # A row: its line, what goes on in further lines, and what stands below.
      def lines(row, fitted)
        last = row.size - 1
        first, *more = fitted.beside?(last) ? parts(row[last], last, fitted) : row[last]
        left = fitted.before(last)
        [join([*row[0...last], first], fitted), *more.map { |text| (" " * left) + text },
         *fitted.below.flat_map { |i| below(row[i].to_s, i, fitted) }]
      end

      # The cell of a column in lines that fit.
      def parts(text, column, fitted)
        width = fitted.width(column)
        return [text] unless width
        return Text.wrap(text, width) unless @titles || column < fitted.size - 1

        [Text.cut(text, width, keep: :middle)]
      end

      def below(text, column, fitted)
        return [] if text.empty?

        first, *more = parts(text, column, fitted)
        name = INDENT + (@titles ? Text.pad(@titles[column], fitted.name_width) + GAP : "")
        [name + first, *more.map { |one| (" " * Text.width(name)) + one }]
      end

      def join(cells, fitted)
        shown = (0...cells.size).select { |i| fitted.beside?(i) }
        shown.map do |i|
          next Text.pad(cells[i], fitted.natural[i], :right) if i < @right

          text = fitted.width(i) ? Text.cut(cells[i], fitted.width(i), keep: :middle) : cells[i]
          i == shown.last ? text : Text.pad(text, fitted.width(i) || fitted.natural[i])
        end.join(GAP).rstrip
      end
    end
  end
end
