# frozen_string_literal: true

module HeapDump
  module Html
    # The head of the page: of which dumps it is, whether they are whole, and whether values are
    # shown.
    class Head < Section
      title "Dumps"
      limit 50, "dumps"

      Template.define(self, :whole, "head")

      # The title of the page.
      def title
        "Heap report: #{answer}"
      end

      # The verdict in a sentence, for the top of the page.
      def sentence
        (subject.several? ? Leaking : Largest).new(subject).sentence
      end

      private

      def answer
        leaks = subject.leaks
        return Markup.name(subject.name) unless leaks
        return "the dumps cannot be judged" unless leaks.sound?
        return "nothing is accused" if leaks.empty?

        first = SuspectName.of(leaks.first)
        others = leaks.suspects.size - 1
        others.zero? ? "#{first} leaks" : "#{first} and #{plural(others, "other")} leak"
      end

      def header
        snapshot.header
      end

      # Where the dumps come from: pairs of a word and what is known.
      def facts
        { "process" => process, "program" => (header["program"] if subject.values?),
          "host" => (header["host"] if subject.values?), "Ruby" => ruby,
          "made by" => "heapdump #{VERSION}" }.compact
      end

      def process
        pids = subject.snapshots.map { |dump| dump.header["pid"] }.uniq.compact
        pids.join(", ") unless pids.empty?
      end

      def ruby
        [header["ruby"], header["platform"]].compact.join(" on ") if header["ruby"]
      end

      # What is to be known of the dumps, of each with its name, and of all together.
      def faults
        @faults ||= of_dumps.values.flatten + (subject.leaks&.warnings.to_a - of_dumps.keys)
      end

      # The warnings about single dumps: as HeapDump::Leaks has them, and as they are shown.
      def of_dumps
        @of_dumps ||= subject.snapshots.flat_map do |dump|
          dump.warnings.map do |text|
            ["#{dump.path}: #{text}", "#{Markup.name(subject.name(dump))}: #{text}"]
          end
        end.to_h
      end

      def dumps_table
        table("Dumps, the oldest first", *COLUMNS) do |table|
          first, left_out = shown
          first.each { |dump| table.row(*cells(dump)) }
          next if left_out.zero?

          table.rest("#{plural(left_out, "dump")} before the last", *([""] * 5))
        end
      end

      COLUMNS = [
        Table::NAME["dump", ""], Table::WORD["taken at", "UTC"],
        Table::NUMBER["live objects", "something holds them"],
        Table::NUMBER["live bytes", "what they need"],
        Table::NUMBER["process (RSS)", "in memory"],
        Table::WORD["whole", "nothing is missing"]
      ].freeze
      private_constant :COLUMNS

      # The dumps that are shown, the last one always, and how many are not.
      def shown
        dumps = subject.snapshots
        return [dumps, 0] if dumps.size <= [limit, 1].max

        [[*dumps.first([limit - 1, 0].max), dumps.last], dumps.size - [limit, 1].max]
      end

      def cells(dump)
        rss = dump.account.rss
        [Markup.name(subject.name(dump)), dump.header["time"].to_s, count(dump.graph.totals[0]),
         bytes(dump.graph.totals[1]), rss ? bytes(rss) : "-",
         { true => "yes", false => "no", nil => "cannot be seen" }.fetch(dump.whole)]
      end
    end
  end
end
