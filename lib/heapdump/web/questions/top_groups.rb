# frozen_string_literal: true

module HeapDump
  class Web
    module Questions
      # The objects at the top of the dominator tree, or directly below one, in groups; beside those
      # of an earlier dump if one is named.
      class TopGroups < Question
        of_dump
        takes :baseline, Dumps::ID
        takes :by, Kinds::Word.new(%i[class type location generation gem]), default: :class
        takes :below, Kinds::Address.new
        takes :all, Kinds::Flag.new, default: false
        takes :sort, Kinds::Word.new(%i[retained bytes objects]), default: :retained
        takes :limit, Kinds::Number.new(1..(ROWS - 1)), default: 50

        def answer
          given[:baseline] ? compared : alone
        end

        def opened
          @opened ||= @dumps.open([given[:dump], *given[:baseline]])
        end

        private

        def alone
          groups = groups_of(snapshot, below: below, limit: given[:limit])
          { by: given[:by].to_s, total: groups.total, rest: groups.rest && facts.row(groups.rest),
            items: groups.map { |row| facts.row(row) } }
        end

        # Those that changed most come first.
        def compared
          now, before = opened.map { |one| groups_of(one.view(given[:values]), below: below) }
          rows = Rows.sort(Rows.of(now, before), :"#{given[:sort]}_change")
          items = rows.first(given[:limit]).map { |row| { **facts.row(row), change: row.change } }
          { by: given[:by].to_s, total: rows.size, rest: nil, items: items }
        end

        def groups_of(snapshot, **options)
          snapshot.top_groups(**given.slice(:by, :sort), program: !given[:all], **options)
        end
      end
    end
  end
end
