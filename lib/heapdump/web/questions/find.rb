# frozen_string_literal: true

module HeapDump
  class Web
    module Questions
      # Objects that meet conditions.
      class Find < OfSet
        takes :sort, Kinds::Word.new(Snapshot::Search::SORTS), default: :retained
        page

        def slow?
          of_lines? || given[:sort] == :length
        end

        def answer
          page = search.page(*given.values_at(:sort, :offset, :limit))
          list(page.map { |node| item(snapshot.node(node.id)) }, page.total)
        end

        private

        def item(node)
          { **facts.object(node), location: node.location, generation: node.generation }
        end
      end
    end
  end
end
