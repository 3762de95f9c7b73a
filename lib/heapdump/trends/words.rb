# frozen_string_literal: true

require_relative "rates"

module HeapDump
  class Trends
    # The verdict about a series in sentences, for pages.
    class Words # :nodoc:
      include Rates

      public :ends, :change, :verdict

      LEAST = Rules::DUMPS # so many dumps are judged
      TOO_SOON = "All dumps were taken within a second, which is too short for a verdict."
      NAMED = 3 # so many leaks are named in the first sentence
      COMPANY = 6 # so many classes of what grows with a leak
      NAME = 120 # characters of the name of a class
      ORDER = %i[leak slow unknown fast static].freeze
      private_constant :NAMED, :COMPANY, :NAME, :ORDER

      def initialize(series)
        @series = series
      end

      # "1 leak in 24 dumps over 9.3 hours: Session (+95 objects per hour)."
      def lead
        return too_few unless series.judged?
        return "Nothing leaks that #{dumps} show." unless series.leaks?
        return "No Ruby object leaks that #{dumps} show, but other memory does." if leaks.empty?

        named = leaks.first(NAMED).map { |leak| "#{name(leak.class_name)} (#{pace(leak.line)})" }
        named << "others" if leaks.size > NAMED
        "#{Terminal::Units.plural(leaks.size, "leak")} in #{dumps}: #{named.join(", ")}."
      end

      # Of one leak: how it grows, who holds it, since when, and why it is taken for one.
      def of_leak(leak)
        line = leak.line
        held = leak.bytes_per_hour
        grown = ["#{first_and_last(line)}#{" objects" if line.unit == "objects"}", pace(line),
                 *("#{change(line.per_thousand, line.unit)} per 1,000 requests or jobs" if
                   line.per_thousand),
                 *("retained #{change(held, "bytes")} per hour" if held && line.unit == "objects")]
        ["#{name(leak.class_name)}: #{grown.join(", ")}.", *facts(leak, line)].join(" ")
      end

      # What is to be said of the process (Array of String): memory that is not Ruby objects, and
      # when its limit is reached.
      def of_process
        [native, limit].compact
      end

      # "+95 objects per hour", "+1.2 MiB per hour"
      def pace(line)
        return "growing" unless line.per_hour

        "#{change(line.per_hour, line.unit)}#{" objects" if line.unit == "objects"} per hour"
      end

      # Lines of classes and ways (Array of Line): what leaks first, in the order of the leaks, then
      # what fills up, what is not judged, what goes up and down, what is static.
      def ranked
        ranks = leaks.flat_map { |leak| [leak.line, *leak.others] }.each_with_index.to_h
        series.lines.reject { |line| line.kind == :process }.sort_by.with_index do |line, at|
          [ORDER.index(line.verdict), ranks.fetch(line, ranks.size), -size(line), at]
        end
      end

      private

      attr_reader :series

      def leaks
        series.leaks
      end

      # How much a line matters, in bytes.
      def size(line)
        (line.retained || line.bytes || line.values).compact.max.to_i
      end

      def name(text)
        Terminal::Text.short(text, NAME)
      end

      def dumps
        over = " over #{duration(series.hours)}" if series.hours&.positive?
        "#{Terminal::Units.plural(series.dumps.size, "dump")}#{over}"
      end

      def too_few
        return TOO_SOON if series.dumps.size >= LEAST

        "Too few dumps for a verdict: #{series.dumps.size}, and #{LEAST} are needed."
      end

      def facts(leak, line)
        company = leak.company.first(COMPANY).map { |one| name(one) }
        [*("Held by #{line.holder}." if line.holder), *("Since #{since(line)}." if line.since),
         *("With it: #{company.join(", ")}." if company.any?),
         *("Because #{line.reasons.join("; ")}." if line.reasons.any?)]
      end

      def since(line)
        return "the first dump" if line.since.equal?(series.dumps.first)

        line.since.time.strftime("%Y-%m-%d %H:%M UTC")
      end

      def native
        line = series.native or return
        reason, advice = Snapshot::Account::REASONS.fetch(:other_malloc)
        "Not Ruby objects: #{first_and_last(line)}, #{pace(line)}: #{reason}; #{advice}."
      end

      def limit
        left = series.hours_left or return
        most = Terminal::Units.bytes(series.dumps.last.account[:limit])
        "If it goes on like this, the process reaches its limit of #{most} in #{duration(left)}."
      end
    end
  end
end
