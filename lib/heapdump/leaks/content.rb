# frozen_string_literal: true

module HeapDump
  class Leaks
    # Containers that grow without a single new object: arrays of numbers, hashes of symbols, one
    # long string. Their lines tell how many entries they have; a table that only keeps the room
    # that it once needed has not grown.
    class Content
      FIELDS = { "ARRAY" => "length", "HASH" => "size", "STRING" => "bytesize" }.freeze

      # Entries (bytes of a string) by dump, and bytes of memory by dump.
      attr_reader :counts, :retained, :node

      # +nodes+:: by dump, the numbers of the objects
      def initialize(nodes, snapshots)
        @all = nodes.zip(snapshots).map { |ids, snapshot| ids.map { |id| snapshot.node(id) } }
        @counts = @all.map { |list| list.sum { |node| entries(node) } }
        @retained = @all.map { |list| list.sum(&:memsize) }
        @node = @all.last.max_by(&:memsize)
      end

      def grows?
        counts.each_cons(2).all? { |before, after| after > before }
      end

      def unit
        node.type == "STRING" ? "bytes" : "entries"
      end

      private

      # Arrays that share a buffer have no elements of their own.
      def entries(node)
        line = node.line
        line[FIELDS[node.type]] || line["elements"]&.size || 0
      end
    end
  end
end
