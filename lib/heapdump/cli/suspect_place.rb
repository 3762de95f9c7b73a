# frozen_string_literal: true

module HeapDump
  module CLI
    # Where to change the code, as `heapdump leaks` shows it.
    module SuspectPlace
      PLACES = { "added" => "added by", "declared" => "declared", "running" => "runs at" }.freeze
      RUNNING = " in the last dump; held as long as that method or block runs"
      private_constant :PLACES, :RUNNING

      private

      def show_place(suspect, snapshots)
        suspect.location ? show_line(suspect) : show_advice(suspect, snapshots)
        fact("may add", suspect.candidates.join(", ")) if suspect.candidates.any?
      end

      def show_line(suspect)
        place = [suspect.declared, Snapshot::Places.short(suspect.location)].compact.join(" ")
        place += RUNNING if suspect.location_of == "running"
        fact(PLACES.fetch(suspect.location_of), place)
      end

      # No line is known.
      def show_advice(suspect, snapshots)
        edge = HeapDump::Leaks::SuspectEdge.find(suspect, snapshots)
        fact("where", HeapDump::Leaks::Advice::NO_LINE)
        fact("", HeapDump::Leaks::Advice.gathering(*edge))
      end
    end
  end
end
