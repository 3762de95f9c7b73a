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

      COLUMNS = [
        Table::NAME["class", ""], Table::NUMBER["bytes", "more than in the first dump"],
        Table::NUMBER["objects", "more than in the first dump"],
        Table::WORD["every time", "in each dump more"], Table::NUMBER["objects in each dump", ""],
        Table::WORD["command", "shows who holds them"]
      ].freeze
      private_constant :COLUMNS

      def grown_table
        table("Growth by class", *COLUMNS) do |table|
          grown.first(limit).each { |change| table.row(*cells(change)) }
          rest = grown.drop(limit)
          next if rest.empty?

          table.rest(plural(rest.size, "class that grew less", "classes that grew less"),
                     bytes_change(sum(rest)), count_change(rest.sum(&:count_change)), "", "", "")
        end
      end

      def cells(change)
        [class_words(change.label), bytes_change(change.bytes_change),
         count_change(change.count_change), change.grows? ? "yes" : "no", series(change.counts),
         why(change.key)]
      end

      # A long name cannot be typed.
      def why(name)
        name && name.size <= Markup::NAME ? command("why", name) : ""
      end
    end
  end
end
