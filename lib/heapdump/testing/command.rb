# frozen_string_literal: true

require "rbconfig"

module HeapDump
  module Testing
    # The command that runs tests for a task of heapdump/rake.
    #
    #   command = Command.new("TEST" => "test/visit_test.rb", "LOOPS" => "10")
    #   command.lines(:loop) # => [["/usr/bin/ruby", "-Ilib", "-Itest", …]]
    #   command.run(:loop)   # fails if a test does
    class Command # :nodoc:
      DEFAULT = "test/**/{test_*,*_test}.rb spec/**/*_spec.rb"
      LIB = File.expand_path("../..", __dir__)
      NUMBERS = %w[WARMUP LOOPS DUMPS].freeze
      LOAD = "ARGV.shift(Integer(ARGV.shift)).each { |file| require File.expand_path(file) }"
      private_constant :DEFAULT, :LIB, :NUMBERS, :LOAD

      # +given+ has the variables of the task (Hash or ENV).
      def initialize(given)
        @given = given
      end

      # Runs the tests, and ends this process if one fails, or if what is given makes no sense.
      def run(mode)
        environment = environment(mode)
        failed = lines(mode).reject { |line| system(environment, *line) }
        exit(1) if failed.any?
      rescue ArgumentError => e
        abort "heapdump: #{e.message}"
      end

      # One command for each framework (Array of Array of String). +mode+ is :loop, :test or
      # :baseline. Raises ArgumentError if there are no such files.
      def lines(mode)
        specs, tests = files.partition { |file| spec?(file) }
        [(minitest(tests, mode) if tests.any?), (rspec(specs, mode) if specs.any?)].compact
      end

      # What is set for the tests (Hash). Raises ArgumentError where a number is none.
      def environment(mode)
        numbers = NUMBERS.to_h { |name| ["HEAPDUMP_#{name}", number(name)] }.compact
        { "HEAPDUMP_TESTS" => "1", **numbers,
          "HEAPDUMP_BASELINE" => (mode == :baseline ? "update" : nil) }
      end

      private

      def files
        patterns = (text("TEST") || DEFAULT).split
        found = patterns.flat_map { |pattern| Dir[pattern].select { |one| File.file?(one) } }
        return found.uniq unless found.empty?

        raise ArgumentError, "no file matches TEST=#{patterns.join(" ")}"
      end

      def number(name)
        given = text(name)
        return given if given.nil? || given.match?(/\A\d{1,6}\z/)

        raise ArgumentError, "#{name} has to be a number, not #{given.inspect}"
      end

      def spec?(file)
        text("FRAMEWORK") == "rspec" ||
          (file.end_with?("_spec.rb") && text("FRAMEWORK") != "minitest")
      end

      def minitest(tests, mode)
        loops = ["-rheapdump/testing/loop_minitest"] if mode == :loop
        ["-I#{LIB}", "-Ilib", "-Itest", "-Ispec", *loops, "-rminitest/autorun", "-e", LOAD,
         tests.size.to_s, *tests, *(["-n", text("N")] if text("N"))].unshift(RbConfig.ruby)
      end

      def rspec(specs, mode)
        file = mode == :loop ? "heapdump/testing/loop_rspec" : "heapdump/rspec"
        folders = ["-I#{LIB}", "-Ilib", "-Ispec"]
        [RbConfig.ruby, "-I#{LIB}", "-S", "rspec", *folders, "-r", file, *specs, *examples]
      end

      # Minitest takes /…/ for a regular expression; RSpec has an option of its own for one.
      def examples
        name = text("N") or return []
        matching = name[%r{\A/(.*)/\z}m, 1]
        matching ? ["-E", matching] : ["-e", name]
      end

      def text(name)
        given = @given[name].to_s
        given.empty? ? nil : given
      end
    end
  end
end
