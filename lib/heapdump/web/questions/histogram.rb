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
        takes :sort, Kinds::Word.new(Rows::SORTS.keys), default: :retained
        takes :reverse, Kinds::Flag.new, default: false
        page

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
          rows = Rows.of(histogram, earlier)
          return rows unless given[:filter]

          wanted = given[:filter].downcase
          rows.select { |row| row.label.downcase.include?(wanted) }
        end

        def item(row)
          { **facts.row(row), change: row.change }
        end
      end
    end
  end
end
