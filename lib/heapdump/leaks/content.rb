# frozen_string_literal: true

module HeapDump
  class Leaks
    # What grows without a single new object: arrays of numbers, hashes of symbols, one long string.
    # Their lines tell how many entries they have; a table that only keeps the room that it once
    # needed has not grown. Of numbers and of what is implemented in C the memory is all that is
    # known.
    class Content
      FIELDS = { "ARRAY" => "length", "HASH" => "size", "STRING" => "bytesize" }.freeze

      # Entries (bytes of strings, numbers and data) by dump, and bytes of memory by dump.
      attr_reader :counts, :retained, :node

      # +nodes+:: by dump, the numbers of the objects
      def initialize(nodes, snapshots)
        @all = nodes.zip(snapshots).map { |ids, snapshot| ids.map { |id| snapshot.node(id) } }
        @counts = @all.map { |list| list.sum { |node| entries(node) } }
        @retained = @all.map { |list| list.sum(&:memsize) }
        @node = @all.last.max_by(&:memsize)
      end

      def grows?
        Steps.new(counts).grow?
      end

      def unit
        field(node) || elements(node) ? "entries" : "bytes"
      end

      private

      # Arrays that share a buffer have no elements of their own.
      def entries(node)
        # what is cut from a brief line are contents, which may be long
        node.brief[FIELDS[node.type]] || elements(node)&.size || node.memsize
      end

      def field(node)
        FIELDS[node.type] unless node.type == "STRING"
      end

      # Those of a Set of Ruby 4.0, and of a WeakMap: all of them; Node#field has the first ones.
      def elements(node)
        names = node.kind == "weakmap" ? %w[weak] : %w[elements entries]
        node.line.values_at(*names).find { |one| one.is_a?(Array) }
      end
    end
  end
end
