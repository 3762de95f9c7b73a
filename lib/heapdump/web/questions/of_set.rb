# frozen_string_literal: true

module HeapDump
  class Web
    module Questions
      # A question about all objects that meet conditions. What is in their contents and variables
      # is looked for in the file, and what holds them in the references of all objects, which both
      # take longer.
      class OfSet < Question
        of_dump
        takes :class, Kinds::Text.new(1000)
        takes :type, Kinds::Word.new(Snapshot::Node::TYPES - %w[UNKNOWN ROOT VIRTUAL_ROOT])
        takes :min_size, Kinds::Number.new(0..), default: 0
        takes :value, Kinds::Text.new(1000)
        takes :pattern, Kinds::Pattern.new(1000)
        takes :where, Kinds::Text.new(1000)

        def initialize(*)
          super
          refuse("value and pattern exclude each other") if given[:value] && given[:pattern]
          @where = given[:where] ? Snapshot::Where.parse(given[:where]) : []
        rescue Snapshot::InvalidCondition => e
          refuse(e.message)
        end

        private

        def refuse(message)
          raise Refusal.new(400, "bad_value", message)
        end

        # Whether lines have to be read.
        def of_lines?
          !(given[:value] || given[:pattern]).nil? || @where.any?(&:line?)
        end

        # Whether the references of many objects have to be looked at.
        def of_relatives?
          @where.any? { |condition| %i[held_by holds].include?(condition.subject) }
        end

        # The dump as it is: contents may be looked for even if they are not shown, because whoever
        # asks knows them.
        def plain
          opened.first.snapshot
        end

        def search
          Snapshot::Search.new(plain, { value: given[:value] || given[:pattern],
                                        **given.slice(:class, :type, :min_size, :where) })
        rescue NotFound => e
          raise Refusal.new(404, "not_found", e.message)
        end
      end
    end
  end
end
