# frozen_string_literal: true

require_relative "../terminal"

module HeapDump
  class Trends
    # Numbers over time for people.
    module Rates # :nodoc:
      private

      # An objects' number or a size.
      def amount(number, unit)
        unit == "objects" ? Terminal::Units.count(number) : Terminal::Units.bytes(number)
      end

      # "20 → 240"
      def first_and_last(line)
        ends(line).join(" → ")
      end

      # The first and the last number that are known.
      def ends(line)
        line.values.compact.values_at(0, -1).map { |number| amount(number, line.unit) }
      end

      # "+95", "+0.25", "-1.2 KiB", "0"; "-" if it is not known.
      def change(number, unit)
        return "-" unless number
        return Terminal::Units.bytes_change(number.round) unless unit == "objects"

        size = number.abs
        return Terminal::Units.count_change(number.round) if size >= 10 || size.zero?

        text = format(size >= 1 ? "%+.1f" : "%+.2g", number)
        text.match?(/e/) ? format("%+.4f", number) : text
      end

      # "slow dynamic, ends near 1,000 (990 to 1,020)"
      def verdict(line)
        words = VERDICTS.fetch(line.verdict)
        return words unless line.verdict == :slow && line.ending

        least, likely, greatest = line.ending.map { |number| amount(number, line.unit) }
        return "#{words}, ends at #{likely}" if least == greatest

        "#{words}, ends near #{likely} (#{least} to #{greatest})"
      end

      # "45 seconds", "12 minutes", "9.3 hours", "12 days".
      def duration(hours)
        return "#{(hours * 3600).round} seconds" if hours * 60 < 2
        return "#{(hours * 60).round} minutes" if hours < 2
        return "#{format("%.1f", hours)} hours" if hours < 72

        "#{(hours / 24).round} days"
      end

      # The numbers of a line, with a gap where dumps are missing.
      def with_gaps(series, line)
        line.values.each_with_index.flat_map do |value, at|
          series.gaps.include?(at) ? [nil, value] : [value]
        end
      end
    end
  end
end
