# frozen_string_literal: true

module HeapDump
  module Html
    # A verdict as plain text, to be pasted into a ticket.
    class Ticket
      Template.define(self, :markup, "ticket")

      class << self
        # About a suspect (SuspectCard).
        def of_suspect(subject, card)
          new([card.sentence, card.held, card.place, "", "Path:", *card.path.lines, "", *card.facts,
               "More: #{subject.command("why", card.address)}", about(subject)])
        end

        # About one dump (Largest).
        def of_one(subject, largest)
          kept = largest.kept.flat_map.with_index(1) do |one, number|
            path = one.path ? PathList.of_path(one.path).lines : []
            size = Terminal::Units.bytes(one.retained)
            ["", "#{number}. #{one.node.words} retains #{size}. Path:", *path]
          end
          new([largest.sentence, *kept, "", about(subject)])
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
          names.size > 4 ? "#{names.first} … #{names.last} (#{names.size})" : names.join(", ")
        end
      end

      def initialize(lines)
        @lines = lines.compact
      end

      # All of it (String), each line short enough to be read.
      def to_s
        @lines.map { |line| Markup.short(line) }.join("\n")
      end

      private

      # Each line by itself, because a page spells out what ends a line.
      def text
        Markup.new(@lines.map { |line| Markup.of(line) }.join("\n"))
      end
    end
  end
end
