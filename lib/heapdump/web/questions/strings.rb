# frozen_string_literal: true

module HeapDump
  class Web
    module Questions
      # Strings of which there is more than one copy.
      class Strings < Question
        of_dump
        takes :limit, Kinds::Number.new(0..ROWS), default: 50
        slow

        def answer
          found = snapshot.duplicate_strings(limit: given[:limit])
          { strings: found.strings, compared: found.compared, copies: found.copies,
            wasted: found.wasted, total: found.contents,
            items: found.map { |one| facts.duplicate(one) } }
        end
      end
    end
  end
end
