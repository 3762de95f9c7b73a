# frozen_string_literal: true

module HeapDump
  module Html
    # What a block has allocated.
    class BlockAllocated < Section
      title "What was allocated"
      limit 50, "rows"
      template "block_allocated"

      FIGURES = [
        Table::NUMBER["bytes", "their sizes, per run"], Table::NUMBER["share", "of all bytes"],
        Table::NUMBER["objects", "per run"],
        Table::NUMBER["short-lived", "objects that died before the second GC"]
      ].freeze
      private_constant :FIGURES

      private

      def allocated
        subject.allocated
      end

      def lead
        "#{plural(allocated.objects, "object")}, #{bytes(allocated.bytes)}, and besides " \
          "#{plural(allocated.internal.objects, "object")} of Ruby itself."
      end

      def groupings
        BlockReport::Allocated::BY
      end

      def grouping(by)
        rows = allocated.by(by)
        table("Allocated, by #{by}", Table::NAME[by.to_s, ""], *FIGURES) do |table|
          rows.first(limit).each { |row| table.row(Snapshot::Places.short(row.key), *cells([row])) }
          rest = rows.drop(limit)
          table.rest(plural(rest.size, "smaller row"), *cells(rest)) if rest.any?
        end
      end

      def cells(rows)
        size = rows.sum(&:bytes)
        [bytes(size), bar(size, allocated.bytes), count(rows.sum(&:objects)),
         percent(rows.sum { |row| row.ages.first }, rows.sum { |row| row.ages.sum })]
      end
    end
  end
end
