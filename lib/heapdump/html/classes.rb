# frozen_string_literal: true

module HeapDump
  module Html
    # Live objects by class.
    class Classes < Section
      title "Classes: what the heap is made of"
      limit 300, "classes"
      template "classes"

      TYPED = 100 # a longer name is not typed in a command

      private

      # The rows of classes of the program, and those of what every Ruby process has.
      def rows
        @rows ||= subject.classes.rows.select { |row| row.objects.positive? }
                         .partition { |row| !CLI::Aside.row?(subject.classes, row) }
      end

      def lead
        shown = rows.first
        "#{plural(subject.live, "live object")} need #{bytes(subject.live_bytes)}. " \
          "#{plural(shown.size, "class has", "classes have")} objects of the program; " \
          "those that retain most come first."
      end

      def classes_table
        table("Live objects by class",
              Table::NUMBER["retained", "what would be free if all objects of the class were"],
              Table::NUMBER["bytes", "their own size"], Table::TEXT["share", "of all live bytes"],
              Table::NUMBER["objects", "how many are live"], Table::NAME["class", ""],
              Table::TEXT["to see who holds them", ""]) do |table|
          own, others = rows
          own.first(limit).each { |row| table.row(*cells(row)) }
          rest(table, own.drop(limit), "smaller class", "smaller classes")
          rest(table, others, "class of threads, code and the VM's own",
               "classes of threads, code and the VM's own")
        end
      end

      def cells(row)
        [bytes(row.retained), bytes(row.bytes), bar(row.bytes, subject.live_bytes),
         count(row.objects), row.label, look(row)]
      end

      # Retained sizes of several classes cannot be added up.
      def rest(table, rows, one, many)
        return if rows.empty?

        size = rows.sum(&:bytes)
        table.rest("-", bytes(size), bar(size, subject.live_bytes), count(rows.sum(&:objects)),
                   plural(rows.size, one, many), "")
      end

      # What shows who holds them: by the name of the class if it can be typed.
      def look(row)
        return command("why", row.key) if row.key && row.key.size <= TYPED

        row.largest ? command("why", row.largest.to_s) : ""
      end
    end
  end
end
