# frozen_string_literal: true

module HeapDump
  module Html
    # What grew between the first dump and the last, by class.
    class Growth < Section
      title "What grew, by class"
      limit 50, "classes"
      template "growth"

      def shown?
        subject.several?
      end

      private

      # The classes that have more bytes in the last dump (Array of Snapshot::Diff::Change).
      def grown
        @grown ||= subject.diff.changes.select { |change| change.bytes_change.positive? }
                          .sort_by { |change| [-change.bytes_change, change.label] }
      end

      def shrunk
        subject.diff.changes.select { |change| change.bytes_change.negative? }
      end

      def lead
        return "No class has more bytes in the last dump than in the first." if grown.empty?

        "#{plural(grown.size, "class", "classes")} grew by #{bytes(sum(grown))} in all" \
          "#{", #{count(shrunk.size)} shrank by #{bytes(-sum(shrunk))}" if shrunk.any?}. " \
          "Objects are compared by their class here, whoever holds them."
      end

      def sum(changes)
        changes.sum(&:bytes_change)
      end

      def grown_table
        table("Growth by class", Table::NUMBER["bytes", "more than in the first dump"],
              Table::NUMBER["objects", "more than in the first dump"],
              Table::TEXT["objects in each dump", "every time: in each more than before"],
              Table::NAME["class", ""], Table::TEXT["to see who holds them", ""]) do |table|
          grown.first(limit).each { |change| table.row(*row(change)) }
          add_rest(table, grown.drop(limit))
        end
      end

      def row(change)
        every = " (every time)" if change.grows? && change.counts.size > 2
        [bytes_change(change.bytes_change), count_change(change.count_change),
         "#{series(change.counts)}#{every}", change.label, who(change.key)]
      end

      def add_rest(table, rest)
        return if rest.empty?

        table.rest(bytes_change(sum(rest)), count_change(rest.sum(&:count_change)), "",
                   "#{count(rest.size)} classes that grew less", "")
      end

      def who(name)
        name && name.size <= Classes::TYPED ? command("why", name) : ""
      end
    end
  end
end
