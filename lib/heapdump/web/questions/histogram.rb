# frozen_string_literal: true

module HeapDump
  class Web
    module Questions
      # Objects in groups; beside those of an earlier dump if one is named.
      class Histogram < Question
        of_dump
        takes :baseline, Dumps::ID
        takes :by, Kinds::Word.new(%i[class type location generation gem]), default: :class
        takes :below, Kinds::Address.new
        takes :filter, Kinds::Text.new(1000)
        Rows::NUMBERS.each_key { |name| takes name, Kinds::Bounds.new }
        takes :sort, Kinds::Word.new(Rows::SORTS), default: :retained
        takes :reverse, Kinds::Flag.new, default: false
        page

        def initialize(*)
          super
          check_bounds
        end

        def answer
          rows = Rows.sort(found, given[:sort], reverse: given[:reverse])
          shown = rows.drop(given[:offset]).first(given[:limit])
          { by: given[:by].to_s, known: histogram.known?, objects: histogram.objects,
            bytes: histogram.bytes, **list(shown.map { |row| item(row) }, rows.size) }
        end

        def opened
          @opened ||= @dumps.open([given[:dump], *given[:baseline]])
        end

        private

        def histogram
          @histogram ||= opened.first.histogram(given[:by], below&.to_s, given[:values])
        end

        def found
          earlier = opened[1]&.histogram(given[:by], nil, given[:values])
          Rows.filter(Rows.of(histogram, earlier), bounds, given[:filter])
        end

        def bounds
          given.slice(*Rows::NUMBERS.keys).compact
        end

        # Bounds of what is not known would hide all rows, as if there were none.
        def check_bounds
          changes, figures = bounds.keys.partition { |name| name.end_with?("_change") }
          refuse("#{changes.first} needs a baseline") if changes.any? && !given[:baseline]
          return unless given[:by] == :gem

          unknown = (figures & %i[retained]) | (changes & %i[retained_change])
          refuse("what gems retain is not known: #{unknown.first} has no bounds") if unknown.any?
        end

        def refuse(message)
          raise Refusal.new(400, "bad_value", message)
        end

        def item(row)
          { **facts.row(row), change: row.change }
        end
      end
    end
  end
end
