# frozen_string_literal: true

module HeapDump
  module Html
    # Live objects by where and when they were allocated, if that was traced.
    class Allocations < Section
      title "Where objects were allocated"
      limit 50, "places"
      template "allocations"

      private

      def traced?
        subject.traced?
      end

      def places
        @places ||= snapshot.histogram(by: :location)
      end

      def generations
        @generations ||= snapshot.histogram(by: :generation)
      end

      def lead
        return "Allocations were traced: lines of code, and generations." if traced?

        "Not in this dump: allocations were not traced. Dump within " \
          "HeapDump.trace_allocations { … } to see the lines of code that make objects."
      end

      def places_table
        histogram("Live objects by place", "place", "the line of code that made them", places.rows)
      end

      # In the order of time; only the largest if there are many.
      def generations_table
        rows = generations.rows.max_by(limit, &:bytes).sort_by { |row| row.key || -1 }
        rest = generations.rows - rows
        histogram("Live objects by generation", "generation",
                  "how many GCs had run when they were made", rows + rest)
      end

      def histogram(caption, title, words, rows)
        table(caption, Table::NAME[title, words], *FIGURES) do |table|
          rows.first(limit).each do |row|
            table.row(Markup.name(row.label), bytes(row.retained), *cells([row]))
          end
          rest = rows.drop(limit)
          table.rest(plural(rest.size, "smaller #{title}"), "-", *cells(rest)) if rest.any?
        end
      end

      FIGURES = [
        Table::NUMBER["retained", "what would be free if all of them were"],
        Table::NUMBER["bytes", "their own size"], Table::NUMBER["objects", "how many are live"]
      ].freeze
      private_constant :FIGURES

      def cells(rows)
        [bytes(rows.sum(&:bytes)), count(rows.sum(&:objects))]
      end
    end
  end
end
