# frozen_string_literal: true

module HeapDump
  module Testing
    # Runs tests in rounds that were not written for it: `rake heapdump:loop`. HEAPDUMP_WARMUP,
    # HEAPDUMP_LOOPS and HEAPDUMP_DUMPS of the environment say how often.
    module Loop # :nodoc:
      # A test that has passed once does not pass again.
      class NotAgain < Error; end

      Tally = Struct.new(:pid, :tests, :grown, :not_again, :failed)
      private_constant :Tally

      class << self
        # What is said of a test that grows (String); nil if it does not, and if it cannot be run
        # again. The block runs it once, and raises NotAgain if it does not pass. Raises what
        # Growth.of does.
        def message(name, **options, &)
          at_exit { $stderr << words.join("\n") << "\n" if words.any? } if tally.tests.zero?
          tally.tests += 1
          growth = Growth.of(name, work: "the test", test: name, **given, **options, &)
          Judged.note
          grown(name, growth) if growth.grew?
        rescue NotAgain => e
          tally.not_again << "#{name}: #{e.message[/.*/]}"
          nil
        rescue StandardError => e
          failed(name, e)
        end

        # What is said at the end (Array of String), nothing if no test has run.
        def words
          all = tally
          return [] if all.tests.zero?

          ["heapdump: #{Terminal::Units.plural(all.tests, "test")} in rounds, " \
           "#{all.grown.size} grow#{"s" if all.grown.size == 1}",
           *all.grown.map { |name| "  grows: #{name}" },
           *all.not_again.map { |name| "  does not pass again: #{name}" },
           *all.failed.map { |name| "  cannot be judged: #{name}" }]
        end

        private

        def grown(name, growth)
          tally.grown << name
          growth.message
        end

        # The run fails anyhow, so it need not be said that no test has run in rounds.
        def failed(name, error)
          Judged.note
          tally.failed << "#{name}: #{error.message[/.*/]} (#{error.class})"
          raise error
        end

        def given
          %i[warmup loops dumps].to_h do |name|
            number = ENV.fetch("HEAPDUMP_#{name.upcase}", "")
            [name, number.empty? ? nil : Integer(number, 10)]
          end
        end

        def tally
          @tally = Tally.new(Process.pid, 0, [], [], []) if @tally&.pid != Process.pid
          @tally
        end
      end
    end
  end
end
