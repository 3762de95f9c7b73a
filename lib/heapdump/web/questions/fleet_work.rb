# frozen_string_literal: true

module HeapDump
  class Web
    module Questions
      # Which jobs or requests the memory of a fleet grows with.
      class FleetWork < OfFleet
        page

        private

        def answer_of(store)
          work = HeapDump::Fleet::Work.new(store, **filter)
          { intervals: work.intervals, enough: work.enough?,
            **page_of(work) { |row| { **row.to_h, name: told(row.name) } } }
        end
      end
    end
  end
end
