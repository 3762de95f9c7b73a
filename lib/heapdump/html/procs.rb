# frozen_string_literal: true

module HeapDump
  module Html
    # Places of the source where very many procs are written.
    class Procs < Section
      title "Many procs of one place"
      limit 20, "places"
      template "procs"

      MANY = 100 # procs of one place
      private_constant :MANY

      # Whether there is a place with so many.
      def shown?
        many.any?
      end

      private

      def procs
        @procs ||= snapshot.procs(limit: self.class.limit)
      end

      def many
        @many ||= procs.select { |one| one.procs >= MANY }
      end

      def lead
        "#{plural(procs.live, "proc")} live. A callback that is added again and again, and never " \
          "removed, is many procs of one place, and each keeps the variables that it captures."
      end

      def procs_table
        table("Places with #{MANY} procs or more",
              Table::NAME["place", "where the block or method is written"],
              Table::NUMBER["procs", "how many live"],
              Table::NUMBER["retained", "by all of them, at least"],
              Table::TEXT["held by", "most of a sample of them"],
              Table::WORD["command", "shows who holds one of them"]) do |table|
          shown = many.first(limit)
          shown.each do |one|
            table.row(Snapshot::Places.short(one.place), count(one.procs), bytes(one.retained),
                      one.held_by, command("why", one.example.to_s))
          end
          rest(table, many.drop(limit))
        end
      end

      def rest(table, left_out)
        return if left_out.empty?

        table.rest(plural(left_out.size, "other place"), count(left_out.sum(&:procs)), "", "", "")
      end
    end
  end
end
