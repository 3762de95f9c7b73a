# frozen_string_literal: true

module HeapDump
  class Web
    module Questions
      # Objects that meet conditions. What is in their contents is looked for in the file, which
      # takes longer.
      class Find < Question
        of_dump
        takes :class, Kinds::Text.new(1000)
        takes :type, Kinds::Word.new(Snapshot::Node::TYPES - %w[UNKNOWN ROOT VIRTUAL_ROOT])
        takes :min_size, Kinds::Number.new(0..), default: 0
        takes :value, Kinds::Text.new(1000)
        takes :pattern, Kinds::Pattern.new(1000)
        takes :sort, Kinds::Word.new(Snapshot::Search::SORTS), default: :retained
        page

        def initialize(*)
          super
          return unless given[:value] && given[:pattern]

          raise Refusal.new(400, "bad_value", "value and pattern exclude each other")
        end

        def slow?
          !wanted.nil?
        end

        def answer
          page = opened.first.snapshot.find(value: wanted, **given.slice(*CONDITIONS))
          list(page.map { |node| item(snapshot.node(node.id)) }, page.total)
        rescue NotFound => e
          raise Refusal.new(404, "not_found", e.message)
        end

        private

        CONDITIONS = %i[class type min_size sort offset limit].freeze
        private_constant :CONDITIONS

        # The contents may be looked for even if they are not shown: whoever asks knows them.
        def wanted
          given[:value] || given[:pattern]
        end

        def item(node)
          { **facts.object(node), location: node.location, generation: node.generation }
        end
      end
    end
  end
end
