# frozen_string_literal: true

module HeapDump
  class Web
    module Questions
      # Objects that meet conditions.
      class Find < OfSet
        takes :sort, Kinds::Word.new(Snapshot::Search::SORTS), default: :retained
        page

        def slow?
          of_lines? || of_relatives? || given[:sort] == :length
        end

        def answer
          total, numbers = opened.first.list(set, *given.values_at(:offset, :limit)) do |from, most|
            search.numbers(given[:sort], from, most)
          end
          list(numbers.map { |number| item(snapshot.node(number)) }, total)
        end

        private

        # What the list depends on, values shown or not.
        def set
          given.except(:dump, :values, :offset, :limit)
        end

        def item(node)
          { **facts.object(node), location: node.location, generation: node.generation }
        end
      end
    end
  end
end
