# frozen_string_literal: true

module HeapDump
  class Web
    module Questions
      # The dominator tree below an object in so many cells, for a drawing. It is written by
      # columns, and each label only once, because there are many of the same.
      class Folded < Question
        MOST = 4000 # cells

        of_dump
        takes :below, Kinds::Address.new
        takes :cells, Kinds::Number.new(2..MOST), default: 2000

        FIGURES = %i[parent objects bytes retained].freeze
        private_constant :FIGURES

        def answer
          cells = snapshot.folded(below: below, limit: given[:cells])
          labels, numbers = labels_of(cells)
          columns = FIGURES.to_h { |name| [name, cells.map(&name)] }
          columns.update(label: numbers, kind: cells.map { |cell| cell.kind.to_s },
                         example: cells.map { |cell| example(cell.node) })
          { total: cells.size, labels: labels, cells: columns }
        end

        private

        def example(node)
          node.to_s if node&.address
        end

        # The different labels, and for each cell the number of its label.
        def labels_of(cells)
          all = cells.map { |cell| Terminal::Text.safe(cell.label) }
          numbers = all.uniq.each_with_index.to_h
          [numbers.keys, all.map { |label| numbers.fetch(label) }]
        end
      end
    end
  end
end
