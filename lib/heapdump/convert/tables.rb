# frozen_string_literal: true

require "digest/sha2"
require "json"
require "time"

module HeapDump
  module Convert
    # A dump as tables, for SQL: docs/sql.md says what each column means. The reader in C makes the
    # rows of the large tables, objects and edges; those of the others are made here.
    #
    #   tables = Tables.new(snapshot, values: false)
    #   tables.columns("objects").first.name # => "dump_id"
    #   tables.rows("dump")                  # => [[281474976710655, "heap.json", …]]
    #   tables.each_text("edges") { |text| io << text }
    class Tables # :nodoc:
      # +kind+ is :number, :boolean or :text.
      Column = Struct.new(:name, :kind)

      # In the order in which they are written: what says that a dump is there comes last.
      NAMES = %w[objects edges threads frames dump].freeze
      # Those whose rows come from the reader in C, by its numbers for them.
      LARGE = { "objects" => 0, "edges" => 1 }.freeze
      # In the order of enum hg_cell_kind (ext/heapgraph/table/table.h).
      KINDS = [nil, :number, :boolean, :text].freeze

      SMALL = {
        "dump" => DumpRow::COLUMNS,
        "threads" => { dump_id: :number, id: :number, kind: :text, name: :text, status: :text,
                       main: :boolean, frames: :number },
        "frames" => { dump_id: :number, thread_id: :number, position: :number, label: :text,
                      file: :text, line: :number, self_id: :number }
      }.freeze

      # Numbers of databases have a sign.
      GREATEST = (1 << 63) - 1
      # Bytes of text that are made at once: libpq moves all that waits to be sent for each piece.
      TEXT = 1 << 16
      private_constant :KINDS, :SMALL, :GREATEST, :TEXT

      attr_reader :dump_id

      # With +values+ the tables also have what strings and keys contain, and names of threads.
      def initialize(snapshot, values: false)
        @snapshot = snapshot
        @values = values
        @graph = snapshot.graph
        @dump_id = Tables.id_of(snapshot)
        @done = 0
        @table = nil
      end

      # The number of a dump: the same for the same dump, whatever its file is called and however
      # it is compressed. It has 48 bits, which is enough to tell a million dumps apart.
      def self.id_of(snapshot)
        graph = snapshot.graph
        facts = [graph.header, graph.footer, graph.totals, graph.edge_count,
                 *[0, graph.objects - 1].map { |at| at.negative? ? nil : graph.node(at) }]
        Digest::SHA256.hexdigest(facts.inspect)[0, 12].to_i(16)
      end

      # A text without what databases refuse: other bytes than UTF-8, and NUL, are spelled out.
      def self.clean(text)
        Terminal::Text.valid(text).gsub("\0", "\\x00")
      end

      # The columns of a table (Array of Column).
      def columns(table)
        unless large?(table)
          return SMALL.fetch(table).map do |name, kind|
            Column.new(name.to_s, kind)
          end
        end

        large.columns(LARGE.fetch(table)).map { |name, kind| Column.new(name, KINDS.fetch(kind)) }
      end

      def large?(table)
        LARGE.key?(table)
      end

      # The rows of a small table (Array of Arrays of Integer, String, true, false, nil).
      def rows(table)
        rows = { "dump" => -> { [dump_row] }, "threads" => -> { threads.map(&:first) },
                 "frames" => -> { threads.flat_map(&:last) } }.fetch(table).call
        rows.map { |row| [@dump_id, *row].map { |value| cell(value) } }
      end

      # Yields the rows of a table as the text of PostgreSQL's COPY, which ClickHouse calls
      # TabSeparated, in pieces of 64 KiB.
      def each_text(table, &)
        return each_large_text(table, &) if large?(table)

        yield rows(table).map { |row|
          "#{row.map { |one|
            Tables.copy_text(one)
          }.join("\t")}\n"
        }.join
      end

      # Yields the rows of a large table as columns (Rows::Batch), at most +most+ rows at once.
      # There is at least one batch.
      def each_batch(table, most)
        node = edge = 0
        begun = false
        loop do
          at(table, node)
          batch, rows, node, edge = large.batch(LARGE.fetch(table), node, edge, most)
          break if rows.zero? && begun

          begun = true
          yield batch
        end
      end

      # What the dump is sorted by in directories: see DumpRow.
      def app
        DumpRow.app(@snapshot)
      end

      def date
        DumpRow.date(@snapshot)
      end

      ESCAPES = { "\\" => "\\\\", "\t" => "\\t", "\n" => "\\n", "\r" => "\\r" }.freeze
      private_constant :ESCAPES

      # One value as each_text has it.
      def self.copy_text(value)
        case value
        when nil then "\\N"
        when true then "1"
        when false then "0"
        when String then value.gsub(/[\\\t\n\r]/, ESCAPES)
        else value.to_s
        end
      end

      # How far the large tables are, to be called from another thread: like Snapshot#progress.
      def progress
        @table && ["writing #{@table}", @done, @graph.nodes]
      end

      # What makes the rows of the large tables (Rows).
      def large
        @large ||= @graph.rows(@dump_id, @values)
      end

      # Notes that a large table is written up to a node.
      def at(table, node)
        @table = table
        @done = node
      end

      private

      def each_large_text(table)
        node = edge = 0
        loop do
          at(table, node)
          text, node, edge = large.copy_text(LARGE.fetch(table), node, edge, TEXT)
          return if text.empty?

          yield text
        end
      end

      def dump_row
        DumpRow.of(@snapshot, values: @values)
      end

      def threads
        @threads ||= ThreadRows.of(@snapshot, values: @values)
      end

      # What is no number, text or truth, or too large a number, is not known.
      def cell(value)
        case value
        when String then Tables.clean(value)
        when Integer then value if value.between?(0, GREATEST)
        when true, false then value
        end
      end
    end
    private_constant :Tables
  end
end
