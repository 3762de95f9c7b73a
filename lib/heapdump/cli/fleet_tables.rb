# frozen_string_literal: true

module HeapDump
  module CLI
    # The answers of `heapdump fleet` as tables.
    class FleetTables
      TIME = "%F %H:%M"
      private_constant :TIME

      def initialize(screen, limit)
        @screen = screen
        @limit = limit
      end

      # +question+ is one of HeapDump::Fleet::Question.
      def show(question)
        name = question.class.name.split("::").last.downcase
        rows = question.rows
        return @screen.line(nothing(name)) if rows.empty?

        send(name, question, rows.first(@limit))
        more = rows.size - @limit
        @screen.line("… and #{Terminal::Units.count(more)} more (--limit).") if more.positive?
      end

      private

      NOTHING = "The store has nothing about that."
      NO_LEAK = "No process leaks, as far as the store knows: a verdict needs four dumps of one, " \
                "and objects have rows from 100 or 16 KiB on. `heapdump trends DIR` knows all."
      NO_WORK = "The store has no two looks at one process, ten minutes apart or more, between " \
                "which requests or jobs were counted (HeapDump::Rack::Count, HeapDump::Work.count)."
      LEAKS = "`heapdump fleet history WAY` shows one over time, and `heapdump leaks DIR` says " \
              "more of the dumps of one process."
      CLASSES = "In how many processes a class is a leak, fills up (slow dynamic), or goes up " \
                "and down (fast dynamic):"
      NATIVE = "native: what no object explains grows, while objects do not. That is memory of C " \
               "code, of threads or of the allocator: no heap dump can say more about it."
      private_constant :NOTHING, :NO_LEAK, :NO_WORK, :LEAKS, :CLASSES, :NATIVE

      def nothing(name)
        { "leaks" => NO_LEAK, "work" => NO_WORK }.fetch(name, NOTHING)
      end

      def leaks(_question, rows)
        table = Terminal::Table.new(["bytes/h", "objects/h", "processes", "held now", "since",
                                     "fixed in", "class", "way", "held by"], right: 4)
        rows.each { |row| table.row(*pace_and_size(row), *story(row)) }
        @screen.table(table)
        @screen.line(LEAKS)
      end

      def pace_and_size(row)
        [pace(row.bytes_per_hour), number(row.objects_per_hour.round),
         "#{row.processes} of #{row.judged}", bytes(row.bytes)]
      end

      def story(row)
        place = row.location && "(#{row.location})" unless row.holder&.include?(row.location.to_s)
        [row.since || at(row.first_seen), row.fixed_in || "-", row.class_name || "?", row.signature,
         [row.holder, place].compact.join(" ")]
      end

      def classes(_question, rows)
        table = Terminal::Table.new(["leak", "slow dynamic", "fast dynamic", "bytes/h", "held now",
                                     "class"], right: 5)
        rows.each do |row|
          table.row(*[row.leak, row.slow, row.fast].map { |n| number(n) },
                    pace(row.bytes_per_hour), bytes(row.bytes), row.class_name)
        end
        @screen.line(CLASSES)
        @screen.table(table)
      end

      def history(_question, rows)
        line = HeapDump::Fleet::History.method(:line)
        of_each = rows.slice_when { |a, b| line.call(a) != line.call(b) }
        of_each.each { |some| of_one_process(some.first, some) }
      end

      def of_one_process(one, rows)
        @screen.heading("#{one.app} on #{one.host}, pid #{one.pid}", "#{one.kind} #{one.name}")
        table = Terminal::Table.new(%w[objects bytes retained time revision], right: 3)
        rows.each do |row|
          table.row(number(row.objects), bytes(row.bytes), bytes(row.retained), at(row.at),
                    row.revision || "-")
        end
        @screen.table(table)
      end

      def processes(_question, rows)
        table = Terminal::Table.new(["pid", "dumps", "rss", "held", "not explained", "leaks",
                                     "from", "to", "host", "app", "revision"],
                                    right: 6)
        rows.each do |row|
          table.row(row.pid.to_s, number(row.dumps), grown(row.rss), grown(row.held),
                    grown(row.unexplained), "#{row.leaks}#{" + native" if row.native}",
                    at(row.from), at(row.to), row.host, row.app, row.revision || "-")
        end
        @screen.table(table)
        @screen.line(NATIVE) if rows.any?(&:native)
      end

      def work(question, rows)
        table = Terminal::Table.new(["bytes each", "of the growth", "correlation", "done", "work"],
                                    right: 4)
        rows.each do |row|
          table.row(row.bytes_each ? bytes(row.bytes_each.round) : "?",
                    row.share ? Terminal::Units.percent(row.share, 1.0) : "?",
                    format("%+.2f", row.correlation), number(row.done.round),
                    row.name || "(each hour, whatever was done)")
        end
        @screen.table(table)
        @screen.line(enough(question))
      end

      def enough(question)
        number = question.intervals
        looked = "By #{Terminal::Units.plural(number, "interval")} between two looks at memory"
        return "#{looked}." if question.enough?

        "#{looked}; #{HeapDump::Fleet::Work::INTERVALS} are needed to say how many bytes work " \
          "leaves behind."
      end

      def grown(pair)
        pair ? "#{bytes(pair.first)} → #{bytes(pair.last)}" : "?"
      end

      def pace(bytes)
        Terminal::Units.bytes_change(bytes.round)
      end

      def bytes(number)
        Terminal::Units.bytes(number)
      end

      def number(count)
        Terminal::Units.count(count)
      end

      def at(time)
        time.strftime(TIME)
      end
    end
  end
end
