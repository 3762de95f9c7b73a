# frozen_string_literal: true

require_relative "../terminal"

module HeapDump
  module CLI
    # The cells of a folded dominator tree (Snapshot#folded), as the command `top` shows them: each
    # with the cells below it, the largest first.
    class CellTree
      def initialize(cells)
        @cells = cells
        @below = cells.each_index.drop(1).group_by { |i| cells[i].parent }
      end

      # Yields each cell (Snapshot::Cell) and how many others are above it.
      def each(number = 0, depth = 0, &)
        return if @cells.empty?

        yield @cells[number], depth
        below = @below.fetch(number, []).sort_by { |i| [@cells[i].node ? 0 : 1, i] }
        below.each { |i| each(i, depth + 1, &) }
      end

      # For JSON. The order is that of Snapshot#folded, because the number of a cell is its index.
      def to_a
        @cells.map do |cell|
          { parent: cell.parent, kind: cell.kind.to_s, label: Terminal::Text.safe(cell.label),
            example: cell.node&.address && cell.node.to_s, objects: cell.objects,
            bytes: cell.bytes, retained: cell.retained }
        end
      end
    end
  end
end
