# frozen_string_literal: true

module HeapDump
  class Web
    module Questions
      # The references of an object.
      class References < Question
        of_dump
        takes :object, Kinds::Address.new, required: true
        page

        def answer
          holder = object
          page = snapshot.references(holder, limit: given[:limit], offset: given[:offset])
          list(page.map { |one| facts.reference(one, holder: holder) }, page.total)
        end
      end

      # The references to an object.
      class Referrers < Question
        of_dump
        takes :object, Kinds::Address.new, required: true
        takes :instances, Kinds::Flag.new, default: false
        page

        def answer
          held = object
          page = snapshot.referrers(held, limit: given[:limit], offset: given[:offset],
                                          instances: given[:instances])
          list(page.map { |one| facts.reference(one, held: held) }, page.total)
        end
      end
    end
  end
end
