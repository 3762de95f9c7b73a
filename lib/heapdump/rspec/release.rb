# frozen_string_literal: true

module HeapDump
  module RSpec
    # Matches a block that lets go what it makes; see HeapDump::RSpec#release and #release_objects.
    # What is added returns the matcher itself.
    class Release < Matcher
      def initialize(classes) # :nodoc:
        super()
        @classes = classes
        @options = {}
        @ignore = {}
      end

      # As GrowHeap#ignoring.
      #
      #   expect { visit }.to release(Shop::Session).ignoring("$last", because: "for the console")
      def ignoring(*things, because:)
        @ignore = @ignore.merge(things.to_h { |thing| [thing, because] })
        self
      end

      # The block runs so often before it is watched; not for release_objects.
      #
      #   expect { visit }.to release(Shop::Session).after_warmup(2)
      def after_warmup(number)
        @options[:warmup] = number
        self
      end

      def matches?(block) # :nodoc:
        @living = living
        run_or_skip(block, *(Testing::Collected::Objects.new unless @classes))
        !@living.run(block).live?
      end

      def description # :nodoc:
        @classes ? "release #{@classes.join(", ")}" : "release the objects"
      end

      def failure_message # :nodoc:
        @living.message
      end

      def failure_message_when_negated # :nodoc:
        "expected that something lives on when the block has ended, but nothing does"
      end

      private

      def living
        return Testing::Births.new(label, @classes, ignore: @ignore, **@options) if @classes

        Testing::Collected.new(label, "objects", ignore: @ignore, **@options)
      end
    end
  end
end
