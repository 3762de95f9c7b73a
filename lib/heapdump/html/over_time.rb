# frozen_string_literal: true

require_relative "../trends"

module HeapDump
  module Html
    # How the processes developed: the verdict in sentences, and a line for each part of a process,
    # and for what leaks, fills up, or goes up and down.
    class OverTime < Section
      title "Over time"
      limit 40, "lines"
      template "over_time"

      MOST = 3 # processes
      NAMED = 10 # leaks in sentences
      private_constant :MOST, :NAMED

      # Fewer dumps are not judged.
      def shown?
        subject.snapshots.size >= Trends::Words::LEAST
      end

      private

      def all
        @all ||= Trends.of_extracts(named).sort_by.with_index { |one, at| [-one.dumps.size, at] }
      end

      # Pairs of a path and an Extract.
      def named
        subject.snapshots.map { |dump| [dump.path, Extract.of_snapshot(dump)] }
      end

      def shown
        all.first(MOST)
      end

      def left_out
        rest = all.drop(MOST)
        plural(rest.size, "process with fewer dumps is", "processes with fewer dumps are") if
          rest.any?
      end

      def words(series)
        Trends::Words.new(series)
      end

      def leaks(series)
        series.leaks.first(NAMED).map { |leak| words(series).of_leak(leak) }
      end

      # Which process it is; hosts and programs are values.
      def title_of(series)
        return series.title if subject.values?

        "Process #{series.identity[:pid]}"
      end

      def verdict_of(series)
        words(series).lead
      end

      COLUMNS = [
        Table::NAME["what", ""], Table::TEXT["verdict", ""], Table::WORD["line", "from 0 on"],
        Table::NUMBER["first", ""], Table::NUMBER["last", ""], Table::NUMBER["per hour", ""],
        Table::NUMBER["retained", "per hour"], Table::TEXT["why", ""]
      ].freeze
      private_constant :COLUMNS

      def lines_table(series)
        lines = lines(series)
        table("Lines over the time, what leaks first", *COLUMNS) do |table|
          lines.first(limit).each { |line| table.row(*cells(series, line)) }
          rest = lines.drop(limit)
          table.rest(plural(rest.size, "more line"), "", "", "", "", "", "", "") if rest.any?
        end
      end

      # Parts of the process are few; of others, those that are static say nothing.
      def lines(series)
        parts = series.lines.select { |line| line.kind == :process }
        moving = words(series).ranked.reject { |line| line.verdict == :static }
        leaking, others = moving.partition(&:leak?)
        [*leaking, *parts, *others]
      end

      def static(series)
        count = series.tally[:static]
        plural(count, "line is", "lines are") if count.positive?
      end

      def cells(series, line)
        first, last = words(series).ends(line)
        [what(line), words(series).verdict(line), chart(series, line, "#{first} → #{last}"), first,
         last, words(series).change(line.per_hour, line.unit),
         words(series).change(line.retained_per_hour, "bytes"), line.reasons.join("; ")]
      end

      def what(line)
        return line.class_name if line.kind == :process
        return "#{Markup.name(line.class_name)} (all)" if line.kind == :class

        [Markup.name(line.class_name), line.holder].compact.join(", ")
      end

      # Numbers on both sides of missing dumps are not joined.
      def chart(series, line, ends)
        gaps = series.gaps
        groups = line.values.each_index.map { |at| gaps.count { |gap| gap <= at } }
        at = 0
        places = [0, *series.dumps.each_cons(2).map { |a, b| at += [b.time - a.time, 0].max }]
        Chart.new(line.values, words: "#{what(line)}: #{ends}", places: places, groups: groups)
             .markup
      end
    end
  end
end
