# frozen_string_literal: true

module HeapDump
  module Html
    # The dominator tree for drawing: objects of one class below the same holder are one cell. Cells
    # that are too small are added to the cell above them, so that there are never more than asked
    # for.
    #
    #   Cells.of(snapshot, 2000).first.retained # => 17444144
    class Cells
      # One cell: the number of the cell above it (its own for the first), what it is in words, how
      # many objects it has, their own bytes, and what they retain with all that is below.
      Cell = Struct.new(:parent, :name, :objects, :bytes, :retained)

      FINEST = 10_000 # at first, a cell is at least so small a part of the whole
      FINER = 8 # if that gives few cells, they become so many times smaller
      TIMES = 3 # so often
      # What has no class is the VM's.
      OF_TYPES = {
        "ICLASS" => "included modules", "ARRAY" => "hidden arrays", "HASH" => "hidden hashes",
        "STRING" => "hidden strings"
      }.freeze
      private_constant :FINEST, :FINER, :TIMES, :OF_TYPES

      # The cells (Array of Cell), each after the one above it.
      def self.of(snapshot, most)
        new(snapshot).cells(most)
      end

      def initialize(snapshot)
        @snapshot = snapshot
        @total = snapshot.graph.totals[1]
      end

      def cells(most)
        raw = folded(most)
        large = largest(raw, most)
        raw.each_with_index.with_object([[], []]) do |(one, index), (kept, number)|
          at = index.zero? ? 0 : number[one.first]
          number << (large[index] ? kept.size : at)
          large[index] ? kept << cell(at, one) : add(kept[at], one)
        end.first
      end

      private

      # The cells of the reader in C: [number of the one above, example, objects, bytes, retained].
      def folded(most)
        part = FINEST
        TIMES.times do
          cells = @snapshot.graph.folded(@total / part)
          return cells if cells.size >= most || part > @total

          part *= FINER
        end
        @snapshot.graph.folded(@total / part)
      end

      # The cells that stay, by their numbers. One above retains more, so it stays too.
      def largest(raw, most)
        raw.each_index.sort_by { |index| [-raw[index].last, index] }
           .first([most, 1].max).to_h { |index| [index, true] }
      end

      def cell(above, (_, example, objects, bytes, retained))
        Cell.new(above, name(@snapshot.node(example), objects), objects, bytes, retained)
      end

      def add(cell, (_, _, objects, bytes))
        cell.objects += objects
        cell.bytes += bytes
      end

      # An object that is alone in its cell is named itself, others by their class.
      def name(node, objects)
        return "everything" if node.type == "VIRTUAL_ROOT"
        return Snapshot::Describe.node(node) if node.root? || objects == 1
        return internal(node) if node.type == "IMEMO"

        node.class_name || OF_TYPES.fetch(node.type, node.type.capitalize)
      end

      def internal(node)
        Snapshot::ClassWords::INTERNAL[node.kind] || node.kind.to_s.tr("_", " ")
      end
    end
  end
end
