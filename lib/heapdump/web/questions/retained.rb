# frozen_string_literal: true

module HeapDump
  class Web
    module Questions
      # What all objects that meet conditions retain together, exactly.
      class Retained < Question
        of_dump
        takes :class, Kinds::Text.new(1000)
        takes :type, Kinds::Word.new(Snapshot::Node::TYPES - %w[UNKNOWN ROOT VIRTUAL_ROOT])
        takes :min_size, Kinds::Number.new(0..), default: 0
        slow

        def answer
          plain = opened.first.snapshot
          wanted = given.slice(:class, :type, :min_size)
          found = plain.find(**wanted, sort: :address, limit: plain.objects)
          retained, objects = plain.graph.retained_by_all(found.map(&:id))
          { total: found.total, retained: retained, retained_objects: objects }
        rescue NotFound => e
          raise Refusal.new(404, "not_found", e.message)
        end
      end
    end
  end
end
