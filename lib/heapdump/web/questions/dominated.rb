# frozen_string_literal: true

module HeapDump
  class Web
    module Questions
      # What an object dominates directly: one level of the dominator tree.
      class Dominated < Question
        of_dump
        takes :object, Kinds::Address.new, required: true
        page

        def answer
          page = snapshot.dominated(object, limit: given[:limit], offset: given[:offset])
          { object: facts.dominator(object),
            **list(page.map { |node| facts.dominator(node) }, page.total) }
        end
      end
    end
  end
end
