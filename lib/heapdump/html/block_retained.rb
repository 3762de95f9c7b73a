# frozen_string_literal: true

module HeapDump
  module Html
    # Who holds what lives on after a block.
    class BlockRetained < Section
      title "What is retained"
      limit 50, "groups"
      template "block_retained"

      COLUMNS = [
        Table::NAME["held", "the path from a name to it, without keys"],
        Table::NUMBER["objects", "per run"], Table::NUMBER["bytes", "their own size, per run"],
        Table::WORD["class", ""], Table::WORD["allocated", "the line of code"],
        Table::WORD["grows", "whether each run has added some"]
      ].freeze
      private_constant :COLUMNS

      private

      def retained
        subject.retained
      end

      def lead
        return "No name holds anything that the block has made." if retained.none?

        "What names hold after the block has ended, by the path to it."
      end

      def aside
        BlockReport::ASIDE.filter_map do |reason, words|
          groups = retained.aside[reason] and [words, groups, retained.more_aside.fetch(reason)]
        end
      end

      def groups(caption, groups, more)
        table(caption, *COLUMNS) do |table|
          groups.first(limit).each { |group| table.row(*cells(group)) }
          rest(table, groups.drop(limit), more)
        end
      end

      # The ways without a row, and of them those that are in no figure per run.
      def rest(table, groups, more)
        ways = groups.size + more.ways
        return if ways.zero?

        sums = [*groups, more]
        few = more.few_with(groups)
        words = few.zero? ? "" : ", and #{plural(few, "object")} that few of the runs have left"
        table.rest("#{plural(ways, "more way")}#{words}", count(sums.sum(&:objects)),
                   bytes(sums.sum(&:bytes)), "", "", "")
      end

      def cells(group)
        [group.path || group.holder, count(group.objects), bytes(group.bytes),
         Markup.name(group.class_name), Snapshot::Places.short(group.location),
         group.grows? ? "yes" : group.runs.first(9).join(", ")]
      end
    end
  end
end
