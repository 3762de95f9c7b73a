# frozen_string_literal: true

module HeapDump
  class Web
    module Questions
      # The processes of a fleet, those that grew most first.
      class FleetProcesses < OfFleet
        page

        private

        def answer_of(store)
          page_of(HeapDump::Fleet::Processes.new(store, **filter)) { |row| item(row) }
        end

        def item(row)
          { app: told(row.app), host: host(row.host), revision: told(row.revision),
            from: at(row.from), to: at(row.to),
            **row.to_h.slice(:pid, :dumps, :rss, :held, :unexplained, :leaks, :native) }
        end
      end
    end
  end
end
