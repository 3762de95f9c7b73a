# frozen_string_literal: true

module HeapDump
  module RSpec
    # Lets examples run in rounds when they have passed, and fail if something grows: those with the
    # metadata +:heap_growth+, or all.
    module Again # :nodoc:
      # Is prepended to RSpec::Core::Example.
      module Rounds # :nodoc:
        private

        # The example has run, and nobody has been told yet.
        def finish(reporter)
          failure = Again.failure(self) unless exception
          set_exception(failure) if failure
          super
        end
      end

      # What an example fails with.
      class Grew < ::RSpec::Expectations::ExpectationNotMetError
        def self.of(example, story)
          place = example.metadata.values_at(:absolute_file_path, :line_number).join(":")
          new(story).tap { |error| error.set_backtrace(["#{place}:in `block'"]) }
        end
      end

      class << self
        # +all+:: without the metadata, too
        def install(all: false)
          @all ||= all
          ::RSpec::Core::Example.prepend(Rounds)
        end

        # The exception with which an example fails that has passed, nil if there is none. What is
        # wrong with the rounds alone (a full disk, wrong metadata) is a failure of this example:
        # RSpec would fail the whole group with it.
        def failure(example)
          return unless wanted?(example)

          story = story(example)
          Grew.of(example, story) if story
        rescue ::RSpec::Support::AllExceptionsExceptOnesWeMustNotRescue => e
          e
        end

        private

        # Whether an example is to run in rounds. Raises ArgumentError if it is not, and no reason
        # is given.
        def wanted?(example)
          asked = example.metadata[:heap_growth]
          return false if @again || example.skipped? || example.pending?
          return false if ::RSpec.configuration.dry_run?
          return @all || asked || false unless asked.is_a?(Hash) && asked.key?(:skip)
          return false if reason?(asked[:skip])

          raise ArgumentError, "heap_growth: { skip: … } needs the reason (String)"
        end

        def reason?(given)
          given.is_a?(String) && given.match?(/\S/)
        end

        # What is said of an example that grows (String), nil if it does not.
        def story(example)
          asked = example.metadata[:heap_growth]
          options = asked.is_a?(Hash) ? asked : {}
          twin = twin(example)
          @again = true
          Testing::Loop.message(example.full_description, **options) { once(twin) }
        ensure
          @again = false
          ::RSpec.current_example = example
        end

        # The same example, of which no report hears.
        def twin(example)
          twin = example.duplicate_with
          example.example_group.examples.delete(twin)
          twin
        end

        def once(twin)
          twin.metadata[:execution_result] = ::RSpec::Core::Example::ExecutionResult.new
          twin.display_exception = nil
          group = twin.example_group
          instance = group.new(twin.inspect_output)
          group.set_ivars(instance, group.before_context_ivars)
          passed = twin.run(instance, ::RSpec::Core::NullReporter)
          raise Testing::Loop::NotAgain, twin.display_exception&.message.to_s unless passed
        end
      end
    end
  end
end
