# frozen_string_literal: true

module HeapDump
  class Web
    module Questions
      # What leaks in the processes of a fleet: first what grows fastest in all of them together.
      class FleetLeaks < OfFleet
        page

        NAMES = 20 # of applications
        private_constant :NAMES

        private

        def answer_of(store)
          page_of(HeapDump::Fleet::Leaks.new(store, **filter)) { |row| item(row) }
        end

        def item(row)
          { **row.to_h.slice(:signature, :processes, :judged, :objects, :bytes),
            class: row.class_name, holder: told(row.holder), location: told(row.location),
            gem: told(row.gem), apps: row.apps.first(NAMES), since: told(row.since),
            fixed_in: told(row.fixed_in), first_seen: at(row.first_seen),
            last_seen: at(row.last_seen), objects_per_hour: pace(row.objects_per_hour),
            bytes_per_hour: pace(row.bytes_per_hour) }
        end
      end
    end
  end
end
