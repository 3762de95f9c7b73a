# frozen_string_literal: true

module HeapDump
  module Html
    # What gems cost: their code, and the objects that their code has made.
    class Code < Section
      title "Gems"
      limit 100, "gems"
      template "code"

      def shown?
        code_by_gem.any? || objects_known?
      end

      private

      def code_by_gem
        @code_by_gem ||= snapshot.code_by_gem.rows
      end

      # Objects by the gem that has allocated them (Snapshot::Histogram).
      def objects
        @objects ||= snapshot.histogram(by: :gem)
      end

      def objects_known?
        subject.traced?
      end

      def lead
        return "This dump does not show which code belongs to which gem." if code_by_gem.empty?

        "Code, classes and modules need #{bytes(code_by_gem.sum(&:bytes))}: what it costs that " \
          "they are loaded."
      end

      def code_table
        table("Code by gem", Table::NAME["gem", "app: files of no gem; ruby: its own library"],
              Table::NUMBER["bytes", "of its code, classes and modules"],
              Table::NUMBER["methods", ""], Table::NUMBER["classes", "and modules"]) do |table|
          fill(table, code_by_gem, :gem) do |rows|
            [bytes(rows.sum(&:bytes)), count(rows.sum(&:method_count)),
             count(rows.sum(&:class_count))]
          end
        end
      end

      def objects_table
        table("Live objects by the gem that has allocated them",
              Table::NAME["gem", "whose code made them"],
              Table::NUMBER["bytes", "their own size"],
              Table::NUMBER["objects", "how many are live"]) do |table|
          fill(table, objects.rows, :label) do |rows|
            [bytes(rows.sum(&:bytes)), count(rows.sum(&:objects))]
          end
        end
      end

      # The block returns the figures of some rows together.
      def fill(table, rows, name)
        rows.first(limit).each { |row| table.row(Markup.name(row[name]), *yield([row])) }
        rest = rows.drop(limit)
        table.rest(plural(rest.size, "smaller gem"), *yield(rest)) if rest.any?
      end
    end
  end
end
