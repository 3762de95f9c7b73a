# frozen_string_literal: true

module HeapDump
  class Web
    module Questions
      # The references of an object, counted by their names and the classes at their other ends.
      class ReferenceGroups < Question
        of_dump
        takes :object, Kinds::Address.new, required: true
        takes :limit, Kinds::Number.new(1..(ROWS - 1)), default: 50

        def answer
          page = groups
          { total: page.total, items: page.map { |group| item(group) } }
        end

        private

        def groups
          snapshot.reference_groups(object, limit: given[:limit])
        end

        def item(group)
          { edge: group.edge&.to_s, kind: group.edge&.kind&.to_s,
            frame: group.edge && Snapshot::Describe.frame_of(group.edge),
            words: Terminal::Text.safe(group.words), references: group.references,
            objects: group.objects, example: group.example && facts.object(group.example) }
        end
      end

      # The references to an object, counted in the same way.
      class ReferrerGroups < ReferenceGroups
        private

        def groups
          snapshot.referrer_groups(object, limit: given[:limit])
        end
      end
    end
  end
end
