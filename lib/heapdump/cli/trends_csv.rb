# frozen_string_literal: true

module HeapDump
  module CLI
    # The numbers of `heapdump trends` as a table (RFC 4180): one row for each process, dump and
    # name, after a row of titles. Unknown fields are empty.
    class TrendsCsv
      HEAD = %w[series host pid revision dump time kind name class holder objects bytes retained
                verdict].freeze
      private_constant :HEAD

      def initialize(trends)
        @trends = trends
      end

      # Writes to an IO.
      def write(out)
        out.puts(HEAD.join(","))
        @trends.each do |series|
          series.lines.each { |line| rows(series, line) { |row| out.puts(row) } }
        end
      end

      private

      def rows(series, line)
        series.dumps.each_with_index do |dump, at|
          next unless line.values[at]

          fields = [series.title, *series.identity.values_at(:host, :pid, :revision), dump.path,
                    dump.time.iso8601(3), line.kind, line.name, line.class_name, line.holder,
                    *sums(line, at), HeapDump::Trends::VERDICTS.fetch(line.verdict)]
          yield fields.map { |one| Terminal::Csv.field(Terminal::Text.safe(one)) }.join(",")
        end
      end

      # Objects, bytes and retained bytes. Parts of the process have bytes alone.
      def sums(line, index)
        return [nil, line.values[index], nil] unless line.objects

        [line.objects, line.bytes, line.retained].map { |all| all[index] }
      end
    end
  end
end
