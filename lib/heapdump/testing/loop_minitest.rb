# frozen_string_literal: true

# Loaded by `rake heapdump:loop` before the tests: each test that passes is run in rounds, and fails
# if something grows.

require_relative "../minitest"

module HeapDump
  module Testing # rubocop:disable Style/Documentation -- see testing.rb
    # A test that passes runs again and again.
    module LoopMinitest # :nodoc:
      def run
        result = super
        return result if @heapdump_again || !result.passed? || result.skipped?

        capture_exceptions { heapdump_rounds }
        result.failures.replace(failures)
        result
      end

      # Used within a round.
      def heapdump_again
        @heapdump_again = true
        self
      end

      private

      # What is wrong with the rounds alone (a full disk, a file that cannot be read) is an error of
      # this test: Minitest would end the run with it.
      def heapdump_rounds
        message = Loop.message("#{self.class.name}##{name}") { once_more }
        failures << heapdump_failure(message) if message
      end

      # What it asserts counts once.
      def once_more
        result = self.class.new(name).heapdump_again.run
        raise Loop::NotAgain, result.failure.message unless result.passed? && !result.skipped?
      end

      def heapdump_failure(message)
        failure = ::Minitest::Assertion.new(message)
        failure.set_backtrace(["#{method(name).source_location.join(":")}:in `#{name}'"])
        failure
      end
    end
    private_constant :LoopMinitest
    ::Minitest::Test.prepend(LoopMinitest)

    # A run does not pass if no test has run in rounds.
    module RunOfRounds # :nodoc:
      def run(...)
        passed = super
        return passed if Judged.any?

        $stderr << "heapdump: #{Judged::NONE}\n" # also without warnings
        false
      end
    end
    private_constant :RunOfRounds
    ::Minitest.singleton_class.prepend(RunOfRounds)
    Judged.watch
  end
end
