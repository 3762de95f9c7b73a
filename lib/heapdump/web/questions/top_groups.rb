# frozen_string_literal: true

module HeapDump
  class Web
    module Questions
      # The objects at the top of the dominator tree, or directly below one, in groups.
      class TopGroups < Question
        of_dump
        takes :by, Kinds::Word.new(%i[class type location generation gem]), default: :class
        takes :below, Kinds::Address.new
        takes :all, Kinds::Flag.new, default: false
        takes :sort, Kinds::Word.new(%i[retained bytes objects]), default: :retained
        takes :limit, Kinds::Number.new(1..(ROWS - 1)), default: 50

        def answer
          groups = snapshot.top_groups(**given.slice(:by, :sort, :limit), below: below,
                                                                          program: !given[:all])
          { by: given[:by].to_s, total: groups.total, rest: groups.rest && facts.row(groups.rest),
            items: groups.map { |row| facts.row(row) } }
        end
      end
    end
  end
end
