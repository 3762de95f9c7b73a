# frozen_string_literal: true

module HeapDump
  module Html
    # Live objects by class.
    class Classes < Section
      title "Classes: what the heap is made of"
      limit 300, "classes"
      template "classes"

      private

      # The rows of classes of the program, and those of what every Ruby process has.
      def rows
        @rows ||= subject.classes.rows.select { |row| row.objects.positive? }
                         .partition { |row| !Snapshot::Aside.row?(subject.classes, row) }
      end

      def lead
        shown = rows.first
        "#{plural(subject.live, "live object")} need #{bytes(subject.live_bytes)}. " \
          "#{plural(shown.size, "class has", "classes have")} objects of the program; " \
          "those that retain most come first."
      end

      COLUMNS = [
        Table::NAME["class", ""],
        Table::NUMBER["retained", "what would be free if all of them were"],
        Table::NUMBER["bytes", "their own size"], Table::WORD["share", "of all live bytes"],
        Table::NUMBER["objects", "how many are live"],
        Table::WORD["command", "shows who holds them"]
      ].freeze
      private_constant :COLUMNS

      def classes_table
        table("Live objects by class", *COLUMNS) do |table|
          own, others = rows
          own.first(limit).each do |row|
            table.row(class_words(row.label), bytes(row.retained), *cells([row]), why(row))
          end
          rest(table, own.drop(limit), "smaller class", "smaller classes")
          rest(table, others, "class of what every process has: threads, code, the VM's own",
               "classes of what every process has: threads, code, the VM's own")
        end
      end

      def cells(rows)
        size = rows.sum(&:bytes)
        [bytes(size), bar(size, subject.live_bytes), count(rows.sum(&:objects))]
      end

      # Retained sizes of several classes cannot be added up.
      def rest(table, rows, one, many)
        table.rest(plural(rows.size, one, many), "-", *cells(rows), "") if rows.any?
      end

      # A long name cannot be typed; one of the objects can.
      def why(row)
        typed = row.key && row.key.size <= Markup::NAME
        command("why", typed ? row.key : row.largest.to_s)
      end
    end
  end
end
