# frozen_string_literal: true

module HeapDump
  module Testing
    # Judges growth in a test. All that is done there between two dumps is known and is the same
    # each time, so what grows in every step grows because of that, however little it is; and what
    # does not grow in every step was made once. What nothing of the program holds is cleared as
    # usual.
    class EveryStep < Leaks::Verdict # :nodoc:
      READER = { **Leaks::Rules.for_reader, content_bytes: 1, line_bytes: 1 }.freeze
      private_constant :READER

      # The limits (Leaks::Judging): the least that the dumps show. The block is for more_contents.
      def self.judging(&block)
        Leaks::Judging.new(reader: READER, content_entries: 1, names_per_step: 1, verdict: self,
                           more_contents: block)
      end

      private

      def clear_by_numbers
        "it did not grow in every step" unless @counts.each_cons(2).all? { |one, two| two > one }
      end
    end
  end
end
