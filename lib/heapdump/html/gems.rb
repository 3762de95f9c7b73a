# frozen_string_literal: true

module HeapDump
  module Html
    # What gems cost: their code, and the objects that their code has made.
    class Gems < Section
      title "Gems"
      limit 100, "gems"
      template "gems"

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
        snapshot.summary.traced?
      end

      def lead
        return "This dump does not show which code belongs to which gem." if code_by_gem.empty?

        "#{bytes(code_by_gem.sum(&:bytes))} are code, classes and modules: what it costs that they " \
          "are loaded."
      end

      def code_table
        table("Code by gem", Table::NUMBER["bytes", "of its code, classes and modules"],
              Table::NUMBER["methods", ""], Table::NUMBER["classes", "and modules"],
              Table::NAME["gem", "app: files of no gem; ruby: Ruby's own library"]) do |table|
          code_by_gem.first(limit).each { |row| table.row(*code_cells([row]), row.gem) }
          rest = code_by_gem.drop(limit)
          table.rest(*code_cells(rest), plural(rest.size, "smaller gem")) if rest.any?
        end
      end

      def code_cells(rows)
        [bytes(rows.sum(&:bytes)), count(rows.sum(&:method_count)), count(rows.sum(&:class_count))]
      end

      def objects_table
        table("Live objects by the gem that has allocated them",
              Table::NUMBER["bytes", "their own size"], Table::NUMBER["objects", "how many are live"],
              Table::NAME["gem", "whose code made them"]) do |table|
          objects.first(limit).each { |row| table.row(*object_cells([row]), row.label) }
          rest = objects.rows.drop(limit)
          table.rest(*object_cells(rest), plural(rest.size, "smaller gem")) if rest.any?
        end
      end

      def object_cells(rows)
        [bytes(rows.sum(&:bytes)), count(rows.sum(&:objects))]
      end
    end
  end
end
