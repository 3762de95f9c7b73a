# frozen_string_literal: true

module HeapDump
  class Web
    module Questions
      # What would be free if one reference were cut.
      class Cut < Question
        of_dump
        takes :from, Kinds::Address.new, required: true
        takes :object, Kinds::Address.new, required: true

        def answer
          holder = object(given[:from])
          freed = cut(holder)
          { from: facts.object(holder), object: facts.object(object), bytes: freed.bytes,
            objects: freed.objects,
            held_by: freed.held_by && facts.reference(freed.held_by, held: object) }
        end

        private

        def cut(holder)
          snapshot.freed_by_cutting(holder, object)
        rescue ArgumentError # both are objects of this dump
          raise Refusal.new(404, "no_such_reference", "#{holder} does not refer to #{object}")
        end
      end
    end
  end
end
