# frozen_string_literal: true

module HeapDump
  module Html
    # A table. Each column says in place what it shows.
    #
    #   table = Table.new("Live objects by class", [Table::NUMBER["bytes", "their own size"],
    #                                               Table::NAME["class", ""]])
    #   table.row("1.2 MiB", "Session")
    #   table.rest("3.1 MiB", "3,412 smaller classes")
    #   table.markup
    class Table
      # A column: its title, what it shows in one line, and its kind: a number, the name of the row,
      # or text.
      Column = Struct.new(:title, :words, :kind)
      NUMBER = ->(title, words) { Column.new(title, words, :number) }
      NAME = ->(title, words) { Column.new(title, words, :name) }
      TEXT = ->(title, words) { Column.new(title, words, :text) }

      Template.define(self, :markup, "table")

      def initialize(caption, columns)
        @caption = caption
        @columns = columns
        @rows = []
        @rest = []
      end

      # Adds a row of values (texts or Markup).
      def row(*values)
        @rows << values
      end

      # Adds a row below all others, which sums up what is left out.
      def rest(*values)
        @rest << values
      end

      def empty?
        @rows.empty? && @rest.empty?
      end

      private

      attr_reader :caption, :columns, :rows

      # Pairs of a column and a value.
      def cells(row)
        columns.zip(row)
      end
    end
  end
end
