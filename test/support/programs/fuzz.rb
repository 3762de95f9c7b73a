# frozen_string_literal: true

require "fileutils"
require_relative "session"

module Programs
  # Runs programs in batches, as many as there is time for; what breaks a law is made as small as it
  # goes and kept.
  class Fuzz
    BATCH = 20
    FOUND = File.expand_path("../../../tmp/fuzz/programs", __dir__)

    # What came of it: how many programs, dumps and pieces there were, what pieces failed with, how
    # many lines of each kind were checked, and the files of what was found. `own` counts programs
    # that MRI itself did not survive.
    Report = Struct.new(:programs, :dumps, :pieces, :failed, :kinds, :found, :own) do
      def add(outcome)
        self.programs += outcome.sources.size
        self.dumps += 1
        self.pieces += outcome.sources.sum { |source| source.scan(/^P\.piece do$/).size }
        failed.concat(outcome.failed)
        kinds.merge!(outcome.kinds) { |_, one, other| one + other }
      end

      def to_s
        format("%<programs>d programs of %<pieces>d pieces (%<failed>d raised) in %<dumps>d " \
               "dumps, %<lines>d new lines of %<kinds>d kinds; %<own>d ended the process before " \
               "the dump, %<found>d found", programs: programs, pieces: pieces, failed: failed.size,
                                            dumps: dumps, lines: kinds.values.sum,
                                            kinds: kinds.size,
                                            own: own, found: found.size)
      end
    end

    attr_reader :report

    # Programs have the numbers from `seed` on.
    def initialize(session, seed:, seconds: nil, count: nil, found: FOUND)
      @session = session
      @seed = seed
      @deadline = seconds && (now + seconds)
      @count = count
      @found = found
      @report = Report.new(0, 0, 0, [], {}, [], 0)
    end

    # Yields the Report after each batch.
    def run(&)
      grammar = Grammar.load
      programs = numbers.lazy.map { |number| Generator.new(number, grammar).source }
      batches = programs.each_slice(BATCH)
      @session.each_outcome(batches.take_while { more? }) do |outcome|
        outcome.good? ? @report.add(outcome) : bad << outcome
        yield @report if block_given?
      end
      bad.each { |outcome| examine(outcome) }
      @report
    end

    private

    def bad
      @bad ||= []
    end

    def numbers
      @count ? (@seed...(@seed + @count)) : (@seed..)
    end

    def more?
      @deadline.nil? || now < @deadline
    end

    def now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end

    # Those that are bad alone; all together if none is.
    def examine(together)
      outcomes = together.sources.map { |source| @session.outcome(source) }
      wrong, right = outcomes.partition { |outcome| !outcome.good? }
      right.each { |outcome| @report.add(outcome) }
      return keep(together) if wrong.empty?

      wrong.each { |outcome| ended_by_itself?(outcome) || keep(outcome) }
    end

    def ended_by_itself?(outcome)
      return false unless outcome.undumped? && outcome.crashed.start_with?("signal")

      @report.own += 1
      true
    end

    # As small as it goes; as it was, with what was wrong, where that is not seen again.
    def keep(outcome)
      source = outcome.sources.join("\n")
      again = @session.outcome(source)
      outcome = smallest(source, again.kind) unless again.good?
      FileUtils.mkdir_p(@found)
      path = File.join(@found, "#{RUBY_VERSION}-#{source[/^# Program (\d+)/, 1]}.rb")
      text = outcome.sources.join("\n")
      File.binwrite(path, "#{text.b}\n#{outcome.to_s.b.gsub(/^/n, "# ")}\n")
      @report.found << path
    end

    def smallest(source, kind)
      smaller = Shrink.new(source) { |less| @session.outcome(less).kind == kind }.call
      @session.outcome(smaller)
    end
  end

  # Leaves out of a program what it is bad without.
  class Shrink
    def initialize(source, &bad)
      @parts = source.split(/^(?=P\.)/)
      @bad = bad
    end

    def call
      size = @parts.size / 2
      while size >= 1
        position = 0
        while position < @parts.size
          less = @parts[0...position] + @parts[(position + size)..].to_a
          @bad.call(less.join) ? @parts = less : position += size
        end
        size /= 2
      end
      @parts.join
    end
  end
end
