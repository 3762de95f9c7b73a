# frozen_string_literal: true

module HeapDump
  module Html
    # A table. Each column says in place what it shows.
    #
    #   table = Table.new("Live objects by class", [Table::NAME["class", ""],
    #                                               Table::NUMBER["bytes", "their own size"]])
    #   table.row("Session", "1.2 MiB")
    #   table.rest("3,412 smaller classes", "3.1 MiB")
    #   table.markup
    class Table
      # A column: its title, what it shows in one line, and its kind. The first one names its row;
      # the others are numbers, words that fit into one line, or text.
      Column = Struct.new(:title, :words, :kind)
      NAME = ->(title, words) { Column.new(title, words, :name) }
      NUMBER = ->(title, words) { Column.new(title, words, :number) }
      WORD = ->(title, words) { Column.new(title, words, :word) }
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

      private

      attr_reader :caption, :columns

      # Pairs of a column and a value.
      def cells(row)
        columns.zip(row)
      end
    end
  end
end
