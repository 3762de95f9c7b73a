# frozen_string_literal: true

module HeapDump
  class Web
    module Questions
      # What the store of a fleet has.
      class Fleet < OfFleet
        private

        def answer_of(store)
          overview = HeapDump::Fleet::Overview.new(store, **filter)
          row = overview.rows.first
          { engine: @fleet.engine, **row.to_h.slice(:processes, :dumps, :judged, :leaking),
            from: at(row.from), to: at(row.to), apps: overview.apps.first(ROWS),
            revisions: overview.revisions.first(ROWS) }
        end
      end
    end
  end
end
