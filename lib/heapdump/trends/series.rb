# frozen_string_literal: true

require_relative "../leaks"

module HeapDump
  class Trends
    # The dumps of one life of a process, and how it developed. Frozen.
    #
    #   series.title                # => "shop on web-1, pid 41"
    #   series.leaks                # => [#<HeapDump::Trends::Leak Shop::Session, …>]
    #   series.tally                # => {leak: 4, slow: 3, fast: 21, static: 1580, unknown: 0}
    class Series
      # As Extract#identity (Hash of Symbol).
      attr_reader :identity
      # In their order (Array of Dump).
      attr_reader :dumps
      # What makes the verdict uncertain, each in one sentence (Array of String).
      attr_reader :warnings
      # All lines (Array of Line): the parts of the process, classes, ways.
      attr_reader :lines
      # The leaks, that which grows fastest first (Array of Leak). What is held by a leak is told
      # with it.
      attr_reader :leaks

      def initialize(life, columns) # :nodoc:
        @identity = life.identity
        @dumps = life.dumps.freeze
        @clock = Clock.new(@dumps)
        @warnings = [*life.warnings, *@clock.warnings, *of_dumps].uniq.freeze
        @axes = axes
        @lines = Lines.new(life, columns, @axes).all.freeze
        @leaks = Grouping.new(@lines).leaks.freeze
        freeze
      end

      # The process in words (String).
      def title
        program = identity[:program].to_s.tr("\0", " ")[/\S+/]
        named = identity[:app] || File.basename(program || "a process")
        place = " on #{identity[:host]}" if identity[:host]
        return "#{named}#{place} in #{File.dirname(dumps.first.path)}" unless identity[:pid]

        "#{named}#{place}, pid #{identity[:pid]}"
      end

      # False if there are too few dumps for a verdict, or if they were taken within a second.
      #
      #   series.judged? # => true
      def judged?
        dumps.size >= Rules::DUMPS && @axes.enough_time?
      end

      # True if there is a leak, also one of memory that is not Ruby objects.
      #
      #   exit 2 if series.leaks?
      def leaks?
        leaks.any? || !native.nil?
      end

      # The memory that no object explains, if it leaks (Line), else nil.
      #
      #   series.native&.per_hour # => 5242880.0
      def native
        line = process("native")
        line if line&.leak?
      end

      # A part of the process (Line), nil if the dumps do not have it.
      #
      #   series.process("rss").verdict # => :leak
      def process(name)
        lines.find { |line| line.kind == :process && line.name == name }
      end

      # Hours from the first dump to the last (Float), without those by which a clock was set
      # forward, or in which the process stood still.
      def hours
        @axes.hours.last
      end

      # The indexes of the dumps before which others are missing: the time between two is more than
      # three times the usual one (Array of Integer).
      #
      #   series.gaps # => [12]
      def gaps
        @clock.gaps
      end

      # How many lines have which verdict (Hash of Symbol to Integer).
      #
      #   series.tally[:static] # => 1580
      def tally
        VERDICTS.to_h { |name, _| [name, lines.count { |line| line.verdict == name }] }
      end

      # True if requests and jobs were counted.
      def work?
        !@axes.work.nil?
      end

      # Hours until the process reaches the limit of its memory, if it goes on to grow (Float); nil
      # if it does not grow as a leak does, or the limit is not known.
      #
      #   series.hours_left # => 9.25
      def hours_left
        rss = process("rss")
        limit = dumps.last.account[:limit]
        return unless limit && rss&.leak? && rss.per_hour&.positive?

        [limit - rss.values.compact.last, 0].max / rss.per_hour
      end

      # The paths of three dumps that `heapdump leaks` should compare: where the leaks begin, the
      # last, and one between (Array of String). Extracts whose dumps are gone are not among them.
      def telling
        first = leaks.filter_map { |leak| leak.line.since }.max_by(&:time) || dumps.first
        there = dumps.drop(dumps.index(first)).map(&:path)
                     .reject { |path| path.end_with?(DumpFiles::EXTRACT) }
        there.size < 3 ? there : [there.first, there[there.size / 2], there.last]
      end

      # What the command writes as JSON (Hash).
      def to_h
        { title: title, identity: identity, judged: judged?, warnings: warnings,
          dumps: dumps.map(&:to_h), hours: hours&.round(4), tally: tally,
          leaks: leaks.map(&:to_h), native_leak: !native.nil?, hours_left: hours_left&.round(2),
          lines: lines.map(&:to_h) }
      end

      def inspect # :nodoc:
        "#<#{self.class} #{title}, #{dumps.size} dumps, #{leaks.size} leaks>"
      end

      private

      # What many dumps have to say is said once.
      def of_dumps
        said = dumps.flat_map { |dump| dump.warnings.map { |text| [text, dump.path] } }
        said.group_by(&:first).map do |text, same|
          path = same.first.last
          same.one? ? "#{path}: #{text}" : "#{same.size} dumps, as #{path}: #{text}"
        end
      end

      def axes
        Axes.new(hours: @clock.hours, work: dumps.map(&:worked),
                 allocations: dumps.map(&:allocated))
      end
    end
  end
end
