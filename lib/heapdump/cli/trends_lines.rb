# frozen_string_literal: true

require_relative "figures"
require_relative "../trends"

module HeapDump
  module CLI
    # What `heapdump trends` shows of each process: the verdict in sentences, then a table.
    class TrendsLines
      include Figures
      include HeapDump::Trends::Rates

      ORDER = %i[leak slow unknown fast static].freeze
      STYLES = { leak: :red, slow: :yellow }.freeze
      # Parts of the process that are always shown.
      ALWAYS = %w[rss held native].freeze
      TIME = "%Y-%m-%d %H:%M"
      # Of objects without a class or of a nameless one; and of what was cut (Extract).
      NO_NAME = /\A\(|…\h{16}\z/
      private_constant :ORDER, :STYLES, :ALWAYS, :TIME, :NO_NAME

      def initialize(screen, limit)
        @screen = screen
        @limit = limit
      end

      # +trends+ is a Trends.
      def show(trends)
        trends.each { |series| show_series(series) }
      end

      private

      attr_reader :screen

      def show_series(series)
        screen.heading(series.title, facts(series))
        return too_few(series) unless series.judged?

        sentences(series)
        screen.blank
        table(series)
      end

      def facts(series)
        ruby, revision = series.identity.values_at(:ruby, :revision)
        first, last = [series.dumps.first, series.dumps.last].map do |dump|
          dump.time.strftime(TIME)
        end
        dumps = Terminal::Units.plural(series.dumps.size, "dump")
        over = " over #{duration(series.hours)}" if series.dumps.size > 1
        ["#{dumps}#{over}, #{first} to #{last} UTC", *("Ruby #{ruby}" if ruby),
         *("revision #{revision}" if revision)].join(", ")
      end

      def too_few(series)
        command = leaks_command(series)
        command &&= " `#{command}` compares what there is."
        screen.line("#{HeapDump::Trends::Words.new(series).lead}#{command}")
      end

      def sentences(series)
        screen.line("Nothing leaks that these dumps show.") unless series.leaks?
        series.leaks.first(@limit).each.with_index(1) { |leak, at| show_leak(series, leak, at) }
        more(@limit, series.leaks.size)
        native(series)
        limit_words(series)
      end

      def show_leak(series, leak, number)
        line = leak.line
        unit = " objects" if line.unit == "objects"
        screen.line([:bold, "#{number}. #{Terminal::Text.short(leak.class_name, 80)}"],
                    "  #{first_and_last(line)}#{unit}, #{rates(leak, series)}")
        facts_of(series, leak, line)
      end

      def facts_of(series, leak, line)
        fact("held by", line.holder)
        fact("since", line.since && since(series, line.since))
        fact("with it", leak.company.first(6).join(", ")) if leak.company.any?
        fact("because", line.reasons.join("; "))
        commands = [leaks_command(series), why_command(series, leak)].compact
        commands.each_with_index { |text, at| fact(at.zero? ? "more" : "", text) }
      end

      def rates(leak, series)
        line = leak.line
        grown = [rate(line, line.per_hour, "hour")]
        grown << rate(line, line.per_thousand, "1,000 requests or jobs") if series.work?
        held = leak.bytes_per_hour
        grown << "retained #{change(held, "bytes")} per hour" if held && line.unit == "objects"
        grown.compact.join(", ")
      end

      def rate(line, number, per)
        "#{change(number, line.unit)} per #{per}" if number
      end

      def since(series, dump)
        return "the first dump" if dump.equal?(series.dumps.first)

        "#{File.basename(dump.path)}, #{dump.time.strftime(TIME)} UTC"
      end

      def fact(word, text)
        screen.line([:dim, "   #{word.ljust(9)}"], text) if text
      end

      # nil where fewer than two dumps are left.
      def leaks_command(series)
        paths = series.telling
        Terminal::Shell.join("heapdump leaks", *paths) if paths.size > 1
      end

      # nil where no dump is left, or the class has no name that a dump has.
      def why_command(series, leak)
        path = series.dumps.map(&:path).reverse.find { |one| !one.end_with?(DumpFiles::EXTRACT) }
        name = leak.class_name
        return if path.nil? || name.match?(NO_NAME)

        Terminal::Shell.join("heapdump why", path, name) if leak.line.kind == :class ||
                                                            leak.line.holder
      end

      # Memory that no object explains, in the words of `leaks`.
      def native(series)
        line = series.native or return
        reason, advice = Snapshot::Account::REASONS.fetch(:other_malloc)
        screen.line([:bold, "Not Ruby objects: "],
                    "#{first_and_last(line)}, #{rate(line, line.per_hour,
                                                     "hour")}: #{reason}; #{advice}")
        fact("because", line.reasons.join("; "))
      end

      def limit_words(series)
        left = series.hours_left or return
        limit = bytes(series.dumps.last.account[:limit])
        screen.line("If it goes on like this, the process reaches its limit of #{limit} in " \
                    "#{duration(left)}.")
      end

      def table(series)
        with = series.leaks.flat_map(&:others)
        shown, static = (series.lines - with).partition { |line| shown?(line) }
        process, named = shown.partition { |line| line.kind == :process }
        named = in_order(without_repeated(named))
        columns(series, process + named.first(@limit))
        more(@limit, named.size)
        left_out(with.size, static.size)
      end

      # Leaks first, and of these the largest.
      def in_order(lines)
        lines.sort_by.with_index { |line, at| [ORDER.index(line.verdict), -size(line), at] }
      end

      # Of a class whose objects are all held in one way, that way alone.
      def without_repeated(lines)
        ways = lines.to_h { |line| [[line.class_name, line.values], line.kind == :way] }
        lines.reject { |line| line.kind == :class && ways[[line.class_name, line.values]] }
      end

      def left_out(with, static)
        words = [*("#{count(with)} that grow with a leak" if with.positive?),
                 *("#{count(static)} that are static" if static.positive?)]
        return if words.empty?

        screen.line([:dim, "Besides, there are lines in --json and --csv: #{words.join(", ")}."])
      end

      def shown?(line)
        line.verdict != :static || (line.kind == :process && ALWAYS.include?(line.name))
      end

      # How much a line matters, in bytes.
      def size(line)
        (line.retained || line.bytes || line.values).compact.max.to_i
      end

      def columns(series, lines)
        titles = ["first", "last", "per hour", *("per 1,000" if series.work?), "trend"]
        table = Terminal::Table.new([*titles, "verdict", "of"], right: titles.size)
        lines.each do |line|
          table.row(*ends(line), change(line.per_hour, line.unit),
                    *(change(line.per_thousand, line.unit) if series.work?),
                    Terminal::Sparkline.draw(with_gaps(series, line)), verdict(line), of(line),
                    style: STYLES[line.verdict])
        end
        screen.table(table)
      end

      def verdict(line)
        line.verdict == :unknown && line.kind == :process ? "may be garbage" : super
      end

      def of(line)
        name = Terminal::Text.short(line.class_name, 80)
        return "#{name} (all)" if line.kind == :class

        line.holder ? "#{name}, #{line.holder}" : name
      end
    end
  end
end
