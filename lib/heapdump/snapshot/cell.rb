# frozen_string_literal: true

module HeapDump
  class Snapshot
    # A part of the dominator tree: see Snapshot#folded. Frozen.
    #
    # parent::   the index of the cell above it, nil for the first cell
    # node::     the object of the cell with the largest retained size (Node), nil for a rest
    # kind::     +:node+ for the first cell, which is one node; +:class+ for objects of one class
    #            whose dominators are in the parent; +:other+ for all that is below the parent and
    #            is in no other cell
    # objects::  number of objects in the cell
    # bytes::    the sum of their sizes
    # retained:: bytes of the cell and of all cells below it: what would be free if its objects were
    #
    #   cell = snapshot.folded(below: cache)[1]
    #   [cell.label, cell.objects, cell.bytes, cell.retained] # => ["Session", 9, 360, 11016]
    Cell = Struct.new(:parent, :node, :kind, :objects, :bytes, :retained) do
      # Makes the cells (Array) of what Graph#folded returns.
      def self.list(snapshot, found) # :nodoc:
        found.each_with_index.map do |(parent, number, *sums), i|
          kind = number ? :class : :other
          new(i.zero? ? nil : parent, number && snapshot.node(number), i.zero? ? :node : kind,
              *sums).freeze
        end
      end

      # The cell in words (String): the class of its objects, the first node itself, "others".
      #
      #   cell.label # => "Session"
      def label
        case kind
        when :node then node.words
        when :class then ClassWords.of(node)
        else "others"
        end
      end

      def inspect # :nodoc:
        "#<#{self.class} #{label} #{objects} objects retained #{retained}>"
      end
    end
  end
end
