# frozen_string_literal: true

module HeapDump
  class Web
    module Questions
      # Places of the source where most live procs are written.
      class Procs < Question
        of_dump
        takes :limit, Kinds::Number.new(0..ROWS), default: 50
        slow

        def answer
          found = snapshot.procs(limit: given[:limit])
          { procs: found.live, placed: found.placed, total: found.places,
            items: found.map { |one| facts.proc_place(one) } }
        end
      end
    end
  end
end
