# frozen_string_literal: true

module HeapDump
  module Html
    # The cells of Snapshot#folded with the words for a picture.
    #
    #   Cells.of(snapshot, 2000).first.retained # => 17444144
    class Cells
      # One cell: the number of the cell above it (its own for the first), what it is in words, how
      # many objects it has, their own bytes, and what they retain with all that is below.
      Cell = Struct.new(:parent, :name, :objects, :bytes, :retained)

      # What has no class is the VM's.
      OF_TYPES = {
        "ICLASS" => "included modules", "ARRAY" => "hidden arrays", "HASH" => "hidden hashes",
        "STRING" => "hidden strings"
      }.freeze
      private_constant :OF_TYPES

      class << self
        # The cells (Array of Cell), at most so many, 2 at least, each after the one above it.
        def of(snapshot, most)
          snapshot.folded(limit: [most, 2].max).map do |cell|
            Cell.new(cell.parent || 0, name(cell), cell.objects, cell.bytes, cell.retained)
          end
        end

        private

        # An object that is alone in its cell is named itself, others by their class.
        def name(cell)
          return "others" if cell.kind == :other

          node = cell.node
          return "everything" if node.type == "VIRTUAL_ROOT"
          return Snapshot::Describe.node(node) if node.root? || cell.objects == 1
          return internal(node) if node.type == "IMEMO"

          node.class_name || OF_TYPES.fetch(node.type, node.type.capitalize)
        end

        def internal(node)
          Snapshot::ClassWords::INTERNAL[node.kind] || node.kind.to_s.tr("_", " ")
        end
      end
    end
  end
end
