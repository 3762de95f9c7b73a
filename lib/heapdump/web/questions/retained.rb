# frozen_string_literal: true

module HeapDump
  class Web
    module Questions
      # What all objects that meet conditions retain together, exactly.
      class Retained < OfSet
        slow

        def answer
          total, bytes, retained, objects = plain.graph.retained_by_found(**search.wanted)
          { total: total, bytes: bytes, retained: retained, retained_objects: objects }
        end
      end
    end
  end
end
