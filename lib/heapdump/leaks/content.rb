# frozen_string_literal: true

module HeapDump
  class Leaks
    # Objects that grow although no new object appears: arrays of numbers, hashes of symbols, one
    # long string. Their lines say how many entries they have, so a table that only has free room
    # left from earlier has not grown. For numbers and for objects implemented in C only the size in
    # memory is known.
    class Content
      FIELDS = { "ARRAY" => "length", "HASH" => "size", "STRING" => "bytesize" }.freeze

      # How many entries the objects have in each dump (bytes for strings, numbers and data); the
      # sum of their sizes in each dump, in bytes; and the largest of them in the last dump (Node).
      attr_reader :counts, :retained, :node

      # +nodes+:: the numbers of the objects, one Array for each dump
      def initialize(nodes, snapshots)
        @all = nodes.zip(snapshots).map { |ids, snapshot| ids.map { |id| snapshot.node(id) } }
        @counts = @all.map { |list| list.sum { |node| entries(node) } }
        @retained = @all.map { |list| list.sum(&:memsize) }
        @node = @all.last.max_by(&:memsize)
      end

      # Whether it grew, by at least so many entries (+least+) if it has any.
      def grows?(least)
        return false if unit == "entries" && counts.last - counts.first < least

        Steps.new(counts).grow?
      end

      # The Turnover of the elements, nil if it is unknown (Elements).
      def turnover
        Elements.turnover(@all)
      end

      def unit
        field(node) || elements(node) ? "entries" : "bytes"
      end

      private

      # How many entries an object has. An array that shares a buffer has no elements of its own.
      def entries(node)
        # a brief line has these fields whole, only long contents are cut in it
        node.brief[FIELDS[node.type]] || elements(node)&.size || node.memsize
      end

      def field(node)
        FIELDS[node.type] unless node.type == "STRING"
      end

      # All elements of a Set of Ruby 4.0 or of a WeakMap. (Node#field would have only the first
      # ones.)
      def elements(node)
        names = node.kind == "weakmap" ? %w[weak] : %w[elements entries]
        node.line.values_at(*names).find { |one| one.is_a?(Array) }
      end
    end
  end
end
