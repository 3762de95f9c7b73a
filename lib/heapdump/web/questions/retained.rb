# frozen_string_literal: true

module HeapDump
  class Web
    module Questions
      # What all objects that meet conditions retain together, exactly.
      class Retained < OfSet
        slow

        def answer
          total, bytes, numbers = plain.graph.find(**search.wanted, limit: plain.objects)
          retained, objects = plain.graph.retained_by_all(numbers)
          { total: total, bytes: bytes, retained: retained, retained_objects: objects }
        end
      end
    end
  end
end
