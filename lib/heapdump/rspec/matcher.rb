# frozen_string_literal: true

module HeapDump
  module RSpec
    # What the matchers have in common.
    class Matcher # :nodoc:
      def supports_block_expectations?
        true
      end

      def supports_value_expectations?
        false
      end

      private

      # Where dumps are off, the block is run once, and the example ends here.
      def run_or_skip(block, *arguments)
        return if Testing.on?

        block.call(*arguments)
        example = ::RSpec.current_example
        raise Error, Testing.off_words unless example

        ::RSpec::Core::Pending.mark_skipped!(example, Testing.off_words)
        raise ::RSpec::Core::Pending::SkipDeclaredInExample, Testing.off_words
      end

      # What the example is called, for the baseline and for the directory of dumps.
      def label
        ::RSpec.current_example&.full_description || "example"
      end
    end
    private_constant :Matcher
  end
end
