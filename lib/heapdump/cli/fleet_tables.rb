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

      def nothing(name)
        return "No process leaks, as far as the store knows: a verdict needs four dumps of a process." if name == "leaks"

        "The store has nothing about that."
      end

      def leaks(_question, rows)
        table = Terminal::Table.new(["bytes/h", "objects/h", "processes", "held now", "class", "since",
                                     "fixed in", "way", "held by"], right: 4)
        rows.each do |row|
          table.row(pace(row.bytes_per_hour), number(row.objects_per_hour.round),
                    "#{row.processes} of #{row.judged}", bytes(row.bytes), row.class_name || "?",
                    row.since || at(row.first_seen), row.fixed_in || "-", row.signature,
                    [row.holder, row.location && "(#{row.location})"].compact.join(" "))
        end
        @screen.table(table)
        @screen.line("`heapdump fleet history WAY` shows it over time, and `heapdump leaks DIR` more of " \
                     "the dumps of one process.")
      end

      def classes(_question, rows)
        table = Terminal::Table.new(["leak", "slow dynamic", "fast dynamic", "bytes/h", "held now", "class"],
                                    right: 5)
        rows.each do |row|
          table.row(*[row.leak, row.slow, row.fast].map { |n| number(n) }, pace(row.bytes_per_hour),
                    bytes(row.bytes), row.class_name)
        end
        @screen.line("In how many processes a class is a leak, fills up (slow dynamic), or goes up and " \
                     "down (fast dynamic):")
        @screen.table(table)
      end

      def history(_question, rows)
        rows.chunk_while { |a, b| [a.host, a.pid, a.name] == [b.host, b.pid, b.name] }.each do |some|
          one = some.first
          @screen.heading("#{one.app} on #{one.host}, pid #{one.pid}", "#{one.kind} #{one.name}")
          table = Terminal::Table.new(%w[objects bytes retained time revision], right: 3)
          some.each do |row|
            table.row(number(row.objects), bytes(row.bytes), bytes(row.retained), at(row.at),
                      row.revision || "-")
          end
          @screen.table(table)
        end
      end

      def processes(_question, rows)
        table = Terminal::Table.new(["pid", "dumps", "rss", "held", "not explained", "leaks", "from", "to",
                                     "host", "app", "revision"], right: 6)
        rows.each do |row|
          table.row(row.pid.to_s, number(row.dumps), *[row.rss, row.held, row.unexplained].map { |pair| grown(pair) },
                    "#{row.leaks}#{" + native" if row.native}", at(row.from), at(row.to), row.host,
                    row.app, row.revision || "-")
        end
        @screen.table(table)
        return unless rows.any?(&:native)

        @screen.line("native: what no object explains grows, while objects do not. That is memory of C " \
                     "code, of threads or of the allocator: no heap dump can say more about it.")
      end

      def work(question, rows)
        table = Terminal::Table.new(["bytes each", "of the growth", "correlation", "done", "work"], right: 4)
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
        looked = "#{Terminal::Units.plural(question.intervals, "interval")} between two looks at memory"
        return "By #{looked}." if question.enough?

        "By #{looked}; #{HeapDump::Fleet::Work::INTERVALS} are needed to say how many bytes work leaves behind."
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
