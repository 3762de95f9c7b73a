# frozen_string_literal: true

module HeapDump
  module Html
    # A verdict as plain text, to be pasted into a ticket.
    class Ticket
      NAMED = 4 # so many dumps are named
      private_constant :NAMED

      Template.define(self, :markup, "ticket")

      class << self
        # About a suspect (SuspectCard).
        def of_suspect(subject, card)
          new([card.sentence, "Where to change the code: #{card.place}", card.gathering,
               "Held by: #{card.held}", "Path:", *card.path.lines, "How sure: #{card.confidence}",
               *("With it grow: #{card.company}" if card.company),
               "Signature: #{card.suspect.signature}",
               "To see more: #{subject.command("why", card.address)}", about(subject)])
        end

        # About one dump (Largest).
        def of_one(subject, largest)
          kept = largest.kept.flat_map.with_index(1) do |one, number|
            size = Terminal::Units.bytes(one.retained)
            path = one.path ? PathList.of_path(one.path).lines : []
            ["#{number}. #{largest.name(one)} retains #{size}. Path:", *path]
          end
          new([largest.sentence, *kept, about(subject)])
        end

        private

        # Which dumps this is from.
        def about(subject)
          header = subject.snapshot.header
          facts = [("Ruby #{header["ruby"]}" if header["ruby"]),
                   ("process #{header["pid"]}" if header["pid"]), header["time"]].compact
          "Dumps: #{dumps(subject)}#{" (#{facts.join(", ")})" if facts.any?}, " \
            "read by heapdump #{VERSION}"
        end

        def dumps(subject)
          names = subject.snapshots.map { |dump| subject.name(dump) }
          return names.join(", ") if names.size <= NAMED

          "#{names.first} … #{names.last} (#{names.size} dumps)"
        end
      end

      def initialize(lines)
        @lines = lines
      end

      # Its lines, without what would disguise itself in a terminal (Array of String).
      def to_a
        @lines.map { |line| Terminal::Text.safe(Markup.short(line)) }
      end

      private

      # Line by line, because what ends a line would be spelled out.
      def text
        Markup.new(@lines.map { |line| Markup.of(line) }.join("\n"))
      end
    end
  end
end
