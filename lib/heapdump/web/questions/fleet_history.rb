# frozen_string_literal: true

module HeapDump
  class Web
    module Questions
      # A class or a way in each process of a fleet over time: the processes that have most first.
      class FleetHistory < OfFleet
        LINES = 20 # of an answer: with 200 points each, as many cells as a drawing may have
        NAME = 1000 # characters
        FIGURES = %i[objects bytes retained].freeze
        takes :name, Kinds::Name.new(NAME), required: true
        takes :offset, Kinds::Number.new(0..), default: 0
        takes :limit, Kinds::Number.new(0..LINES), default: LINES
        private_constant :LINES, :NAME, :FIGURES

        private

        def answer_of(store)
          lines = HeapDump::Fleet::Lines.new(store, given[:name], **filter)
          { name: given[:name], **list(page(lines).map { |line| item(line) }, lines.total) }
        end

        def page(lines)
          lines.page(given[:offset], given[:limit])
        end

        # Of more points than a chart has, those that are evenly spread.
        def item(line)
          points = Timeline.points(line.at.size)
          { app: told(line.app), host: host(line.host), pid: line.pid,
            revision: told(line.revision), kind: line.kind, name: line.name,
            class: line.class_name, holder: told(line.holder), location: told(line.location),
            dumps: line.at.size, at: line.at.values_at(*points).map { |time| time.to_f.round(3) },
            **FIGURES.to_h { |name| [name, line[name].values_at(*points)] } }
        end
      end
    end
  end
end
