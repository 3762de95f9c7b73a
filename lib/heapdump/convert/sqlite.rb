# frozen_string_literal: true

require_relative "store"
require_relative "../cli/output_file"

module HeapDump
  module Convert
    # A database file of SQLite, which the reader in C writes itself (docs/decisions/0049). It gets
    # its name when it is whole.
    class Sqlite < Store
      TYPES = { number: "INTEGER", boolean: "INTEGER", text: "TEXT" }.freeze
      # The key of objects; it must be the second column (ext/heapgraph/table/database.c).
      KEY = "id"
      private_constant :TYPES, :KEY

      # Raises HeapDump::Error if the file cannot or must not be written.
      def check(input)
        if @target.end_with?(".gz")
          raise Error, "#{name} would be no database: SQLite reads no compressed file; give " \
                       "another name"
        end
        file.check(input)
      end

      private

      def file
        CLI::OutputFile.new(@target, force: @force)
      end

      def write_all(tables) # rubocop:disable Naming/PredicateMethod
        large, small = Tables::NAMES.partition { |table| tables.large?(table) }
        small = small.map do |table|
          [table, definition(tables, table), tables.columns(table).size,
           tables.rows(table).flatten(1)]
        end
        file.write do |io|
          tables.large.write_database(io.fileno, large.map { |table| definition(tables, table) },
                                      small)
        end
        true
      end

      def definition(tables, table)
        columns = tables.columns(table).map do |one|
          key = " PRIMARY KEY" if table == "objects" && one.name == KEY
          "#{one.name} #{TYPES.fetch(one.kind)}#{key}"
        end
        "CREATE TABLE #{table} (#{columns.join(", ")})"
      end
    end
  end
end
