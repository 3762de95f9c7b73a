# frozen_string_literal: true

module HeapDump
  class BlockReport
    # A report as text: what is retained first, since that is what somebody acts on.
    class Text # :nodoc:
      include Terminal::Units

      Table = Terminal::Table
      LIMITS = { screen: 8, all: 50 }.freeze
      # The groupings that a screen shows.
      SCREEN = %i[location class].freeze
      private_constant :Table, :LIMITS, :SCREEN

      def initialize(report, detail)
        @report = report
        @all = detail == :all
        @limit = LIMITS.fetch(detail) do
          raise ArgumentError, "a report has :screen or :all, not #{detail.inspect}"
        end
      end

      def print(screen)
        head(screen)
        held(screen)
        aside(screen)
        allocated(screen)
      end

      private

      attr_reader :report, :limit

      def head(screen)
        screen.line([:bold, report.label], ": #{runs}, Ruby #{RUBY_VERSION}")
        figures(screen, "retained ", report.retained, growth)
        figures(screen, "allocated", report.allocated, plural(Words.median(report.gcs), "GC"))
        warnings.each { |words| screen.line([:yellow, words]) }
      end

      def warnings
        unseen = "Not seen: how #{plural(report.unseen, "object")} died, because another tool " \
                 "has hooks for allocations"
        unsettled = "Perhaps not all collected: what died last may have let go of some that seem " \
                    "to live"
        [(unseen if report.unseen.positive?), (unsettled unless report.settled?)].compact
      end

      def runs
        warmup = report.warmup.zero? ? "" : " after #{plural(report.warmup, "warm-up")}"
        "#{plural(report.times, "run")}#{warmup}"
      end

      def figures(screen, words, sum, note)
        per_run = report.times > 1 ? " per run" : ""
        size = "#{plural(sum.objects, "object")}  #{bytes(sum.bytes)}"
        screen.line("#{words}  #{size}#{per_run}  ", note)
      end

      def growth
        return "" if report.retained.none?
        return "(times: 3 shows whether it grows)" if report.times == 1

        report.retained.grows? ? "in every run: it grows" : "not in every run"
      end

      def held(screen)
        return if report.retained.none?

        screen.heading("Held by#{", per run" if report.times > 1}")
        groups(screen, report.retained.groups, report.retained.more)
      end

      # Groups that are in no figure per run have rows in :all alone.
      def groups(screen, groups, more)
        usual, single = groups.partition { |group| group.objects.positive? }
        rows = @all ? usual + single : usual
        table = Table.new(%w[objects bytes class allocated held], right: 2)
        rows.first(limit).each do |group|
          table.row(count(group.objects), bytes(group.bytes), group.class_name,
                    short(group.location), group.path || group.holder)
        end
        screen.table(table)
        rest(screen, usual.drop(limit), "way", more: more)
        few(screen, more.few_with(@all ? rows.drop(limit) : single))
      end

      def few(screen, objects)
        return if objects.zero?

        screen.line([:dim, "#{plural(objects, "object")} more, which few of the runs have left"])
      end

      # One line for all rows that are not shown, and for +more+.
      def rest(screen, rows, word, many = "#{word}s", more: nil)
        sums = [*rows, more].compact
        number = rows.size + (more ? more.ways : 0)
        return if number.zero?

        screen.line([:dim, "#{plural(number, "more #{word}", "more #{many}")}: " \
                           "#{plural(sums.sum(&:objects), "object")}, " \
                           "#{bytes(sums.sum(&:bytes))}"])
      end

      # One line for all, and in :all who holds them.
      def aside(screen)
        parts = parts_aside.filter_map do |objects, words|
          "#{count(objects)} #{words}" if objects.positive?
        end
        return if parts.empty?

        screen.blank
        screen.line("Alive, but not called retained: #{parts.join("; ")}")
        return unless @all

        report.retained.aside.each do |reason, groups|
          groups(screen, groups, report.retained.more_aside.fetch(reason))
        end
      end

      # Pairs of how many objects they are, and words.
      def parts_aside
        retained = report.retained
        ASIDE.map { |reason, words| [objects_aside(reason), words] } <<
          [retained.internal_objects, "of Ruby itself"] <<
          [retained.few_aside, "that few of the runs have left"]
      end

      def objects_aside(reason)
        groups = report.retained.aside[reason] or return 0
        groups.sum(&:objects) + report.retained.more_aside.fetch(reason).objects
      end

      def allocated(screen)
        return if report.allocated.objects.zero?

        (@all ? Allocated::BY : SCREEN).each { |by| grouping(screen, by) }
        screen.blank
        screen.line("Age: #{ages(report.allocated)}")
        internal = report.allocated.internal
        screen.line("Besides: #{plural(internal.objects, "object")} of Ruby itself, " \
                    "#{bytes(internal.bytes)}")
      end

      def grouping(screen, by)
        rows = report.allocated.by(by)
        screen.heading("Allocated by #{by}")
        table = Table.new(["share", "bytes", "objects", by.to_s], right: 3)
        rows.first(limit).each do |row|
          table.row(percent(row.bytes, report.allocated.bytes), bytes(row.bytes),
                    count(row.objects), short(row.key))
        end
        screen.table(table)
        rest(screen, rows.drop(limit), by.to_s, by == :class ? "classes" : "#{by}s")
      end

      def ages(row)
        words = ["until the next GC", "until the second", "longer"]
        row.ages.zip(words).map { |age, word| "#{percent(age, row.ages.sum)} #{word}" }.join(", ")
      end

      def short(place)
        Snapshot::Places.short(place)
      end
    end
    private_constant :Text
  end
end
