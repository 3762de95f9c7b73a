# frozen_string_literal: true

require_relative "../../html"

module HeapDump
  class Web
    module Questions
      # What leaks, by several dumps of a process.
      class Leaks < Question
        takes :dumps, Kinds::Names.new(2..Dumps::MOST_OPEN, Dump::DIGITS, "dumps"), required: true
        takes :values, Kinds::Flag.new, default: false
        takes :limit, Kinds::Number.new(0..50), default: 20
        slow

        def opened
          @opened ||= @dumps.open(given[:dumps])
        end

        def answer
          subject = Html::Subject.new(opened.map { |one| one.view(given[:values]) })
          all = subject.leaks.to_h.except(:schema_version)
          shown = %i[suspects cleared].to_h { |name| [name, all[name].first(given[:limit])] }
          left_out = shown.to_h { |name, list| [name, all[name].size - list.size] }
          { **all, sentence: sentence(subject), suspects: with_words(subject, shown[:suspects]),
                   cleared: shown[:cleared], left_out: left_out }
        end

        private

        # The verdict in one sentence, as the report says it.
        def sentence(subject)
          Terminal::Text.safe(Html::Leaking.new(subject).sentence)
        end

        # Suspects (Array of Hash) with what the report says of each.
        def with_words(subject, suspects)
          suspects.zip(subject.leaks.suspects).map.with_index(1) do |(fields, suspect), number|
            { **fields, words: Html::SuspectCard.new(subject, suspect, number).to_h }
          end
        end
      end
    end
  end
end
