# frozen_string_literal: true

module HeapDump
  module Testing
    # Judges growth in a test. All that is done there between two dumps is known and is the same each
    # time, so what grows in every step grows because of that, however little it is; and what does
    # not grow in every step was made once. What nothing of the program holds is cleared as usual.
    class EveryStep < Leaks::Verdict # :nodoc:
      private

      def clear_by_numbers
        "it did not grow in every step" unless @counts.each_cons(2).all? { |one, two| two > one }
      end
    end

    # The limits: the least that the reader can see.
    EveryStep::JUDGING = Leaks::Judging.new(
      reader: { **Leaks::Rules.for_reader, content_bytes: 1, line_bytes: 1 }.freeze,
      content_entries: 1, names_per_step: 1, verdict: EveryStep
    ).freeze
  end
end
