# frozen_string_literal: true

module HeapDump
  class Web
    module Questions
      # A question about all objects that meet conditions. What is in their contents is looked for
      # in the file, which takes longer.
      class OfSet < Question
        of_dump
        takes :class, Kinds::Text.new(1000)
        takes :type, Kinds::Word.new(Snapshot::Node::TYPES - %w[UNKNOWN ROOT VIRTUAL_ROOT])
        takes :min_size, Kinds::Number.new(0..), default: 0
        takes :value, Kinds::Text.new(1000)
        takes :pattern, Kinds::Pattern.new(1000)

        def initialize(*)
          super
          return unless given[:value] && given[:pattern]

          raise Refusal.new(400, "bad_value", "value and pattern exclude each other")
        end

        private

        def of_contents?
          !(given[:value] || given[:pattern]).nil?
        end

        # The dump as it is: contents may be looked for even if they are not shown, because whoever
        # asks knows them.
        def plain
          opened.first.snapshot
        end

        def search
          Snapshot::Search.new(plain, { value: given[:value] || given[:pattern],
                                        **given.slice(:class, :type, :min_size) })
        rescue NotFound => e
          raise Refusal.new(404, "not_found", e.message)
        end
      end
    end
  end
end
