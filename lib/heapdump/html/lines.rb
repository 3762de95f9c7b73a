# frozen_string_literal: true

require "time"

module HeapDump
  module Html
    # What the dumps of a series have in numbers, each as a line over the time.
    class Lines < Section
      title "Over the dumps"
      template "lines"

      # What is shown: words, and how to get it of a dump.
      OF_DUMPS = {
        "the process (RSS)" => ->(dump) { dump.account.rss },
        "live objects, wherever they lie" => ->(dump) { dump.graph.totals[1] },
        "garbage" => ->(dump) { dump.graph.totals[3] },
        **%i[heap_pages object_malloc other_malloc free_malloc].to_h do |part|
          [Snapshot::Account::PARTS.fetch(part), ->(dump) { dump.account.parts[part] }]
        end
      }.freeze
      EACH = 6 # of so many dumps each number is shown
      private_constant :OF_DUMPS, :EACH

      # One line: what it is, and its number in each dump (nil where it is unknown).
      Line = Struct.new(:name, :numbers)

      def shown?
        subject.several?
      end

      private

      def lines
        @lines ||= begin
          lines = OF_DUMPS.map { |name, number| Line.new(name, subject.snapshots.map(&number)) }
          lines.select { |line| line.numbers.any? { |number| number&.positive? } }
        end
      end

      def numbers_table
        table("Sizes in each dump", Table::NAME["what", ""], Table::WORD["line", "from 0 on"],
              *columns, Table::NUMBER["change", "from the first dump to the last"]) do |table|
          lines.each { |line| table.row(line.name, chart(line), *cells(line), change(line)) }
        end
      end

      def columns
        dumps = each? ? subject.snapshots : subject.snapshots.values_at(0, -1)
        dumps.map { |dump| Table::NUMBER[subject.name(dump), time_of_day(dump)] }
      end

      def cells(line)
        (each? ? line.numbers : line.numbers.values_at(0, -1)).map { |one| one ? bytes(one) : "-" }
      end

      def each?
        subject.snapshots.size <= EACH
      end

      def change(line)
        first, last = line.numbers.values_at(0, -1)
        first && last ? bytes_change(last - first) : "-"
      end

      def chart(line)
        words = line.numbers.map { |one| one ? bytes(one) : "unknown" }
        Chart.new(line.numbers, words: "#{line.name}: #{series(words) { |word| word }}",
                                places: times, groups: processes).markup
      end

      # When each dump was taken, in seconds; nil if that is not known of all of them.
      def times
        return @times if defined?(@times)

        times = subject.snapshots.map { |dump| time(dump)&.to_f }
        @times = times if times.all? && times.each_cons(2).all? { |a, b| a <= b }
      end

      def processes
        subject.snapshots.map { |dump| dump.header.values_at("pid", "host") }
      end

      def time(dump)
        text = dump.header["time"]
        Time.iso8601(text) if text.is_a?(String)
      rescue ArgumentError
        nil
      end

      def time_of_day(dump)
        time(dump)&.strftime("%H:%M:%S").to_s
      end

      def lead
        seconds = times && (times.last - times.first)
        over = " over #{duration(seconds)}" if seconds&.positive?
        dumps = plural(subject.snapshots.size, "dump")
        "#{dumps}#{over}. Look for a line that rises in every step."
      end

      def duration(seconds)
        return "#{seconds.round(1)} seconds" if seconds < 120
        return "#{(seconds / 60).round} minutes" if seconds < 7200

        "#{(seconds / 3600).round} hours"
      end
    end
  end
end
