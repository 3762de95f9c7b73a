# frozen_string_literal: true

module HeapDump
  class Web
    module Questions
      # What becomes of classes in the processes of a fleet.
      class FleetClasses < OfFleet
        page

        private

        def answer_of(store)
          page_of(HeapDump::Fleet::Classes.new(store, **filter)) do |row|
            { class: row.class_name, **row.to_h.slice(:leak, :slow, :fast, :objects, :bytes),
              bytes_per_hour: pace(row.bytes_per_hour) }
          end
        end
      end
    end
  end
end
