# frozen_string_literal: true

require_relative "in_json"
require_relative "reading"

module HeapDump
  module CLI
    # Shows at which places of the source most live procs are written.
    class Procs < Reading
      include InJSON

      usage "FILE"
      limit 20
      details <<~TEXT
        A callback that is registered again and again, and never removed, is many procs of one place.
        What they retain is what they hold alone, captured variables too: at least so much. Who holds
        them is said of a sample. `heapdump why FILE ADDRESS` shows the whole path to one, and
        `heapdump find FILE --where 'proc = "PLACE"'` lists all of one place.
      TEXT

      def call(file)
        snapshot = open_snapshot(file)
        procs = work(snapshot) { snapshot.procs(limit: limit) }
        json? ? json(procs) : show(procs)
        OK
      end

      private

      def show(procs)
        screen.line("#{Terminal::Units.plural(procs.live, "proc")} live. #{result(procs)}")
        return if procs.none?

        screen.blank
        table = Table.new(["procs", "retained", "address", "place", "code", "held by"], right: 2)
        procs.each do |one|
          table.row(count(one.procs), bytes(one.retained), one.example.to_s,
                    Snapshot::Places.short(one.place), one.label.to_s, one.held_by)
        end
        screen.table(table)
        more(procs.size, procs.places)
      end

      def result(procs)
        if procs.placed.zero? && procs.live.positive?
          return "The dump does not say where they are written."
        end

        "#{count(procs.placed)} of them are written at " \
          "#{Terminal::Units.plural(procs.places, "place")} that are known."
      end

      def json(procs)
        print_json(procs: procs.live, placed: procs.placed, total: procs.places,
                   places: procs.map { |one| proc_place_json(one) })
      end
    end
  end
end
