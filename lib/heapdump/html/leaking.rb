# frozen_string_literal: true

module HeapDump
  module Html
    # The verdict about several dumps: what leaks, in sentences first, then a card for each suspect,
    # and below what grew and is not accused, with the reasons.
    class Leaking < Section
      title "What leaks"
      limit 10, "suspects"
      template "leaking"

      NAMED = 3 # so many suspects are named in a sentence
      TIMES = 5 # so many times more lines than cards
      private_constant :NAMED, :TIMES

      def shown?
        subject.several?
      end

      # In one sentence.
      def sentence
        return "The dumps cannot be judged: #{leaks.faults.join("; ")}." unless leaks.sound?
        return nothing if leaks.empty?

        named = leaks.first(NAMED).map do |one|
          "#{SuspectName.of(one)} (#{bytes_change(one.retained_growth)})"
        end
        named << "others" if leaks.suspects.size > NAMED
        dumps = plural(subject.snapshots.size, "dump")
        "#{plural(leaks.suspects.size, "leak")} found in #{dumps}: #{named.join(", ")}."
      end

      private

      def leaks
        subject.leaks
      end

      def nothing
        grew = [*("what is held" if leaks.held_grew?), *("the process" if leaks.growth.any?)]
        return "Nothing is accused: these dumps show no leak." if grew.empty?

        "Nothing is accused, but #{grew.join(", and ")} grew in every step."
      end

      def cards
        leaks.first(limit).map.with_index(1) do |suspect, number|
          SuspectCard.new(subject, suspect, number).markup
        end
      end

      # How many suspects without a card, and of what is not accused, are shown.
      def most
        TIMES * limit
      end

      # Suspects for which there is no card.
      def others
        leaks.suspects.drop(limit)
      end

      def others_table
        table("Further suspects", *COLUMNS) do |table|
          others.first(most).each { |one| table.row(*cells(one)) }
          rest = others.drop(most)
          next if rest.empty?

          table.rest(plural(rest.size, "smaller suspect"),
                     bytes_change(rest.sum(&:retained_growth)), "", "", "")
        end
      end

      COLUMNS = [
        Table::NAME["class", "what grows"],
        Table::NUMBER["retained", "how much more than in the first dump"],
        Table::WORD["in each dump", "how many there are"], Table::TEXT["held by", ""],
        Table::WORD["command", "shows who holds one of them"]
      ].freeze
      private_constant :COLUMNS

      def cells(suspect)
        [Markup.name(suspect.class_name), bytes_change(suspect.retained_growth),
         "#{series(suspect.counts)} #{suspect.unit}", suspect.holder,
         command("why", suspect.path.target.to_s)]
      end

      # What grew and is not accused: pairs of what it is and why.
      def cleared
        suspects = leaks.cleared.map { |one| not_accused(one, one.unit, "held by #{one.holder}") }
        suspects + leaks.also_grew.map do |one|
          held = one.holder ? "held by #{one.holder}" : "wherever they are held"
          not_accused(one, "objects", held)
        end
      end

      def not_accused(grown, unit, held)
        ["#{Markup.name(grown.class_name)} #{series(grown.counts)} #{unit}, #{held}",
         grown.cleared_because]
      end

      # How much the whole process grew, and how much of that no dump explains; nil if it did not.
      def process
        part = leaks.growth.first or return
        mostly = "; most of that is #{part.explained_by}" if part.explained_by
        "The process grew in every step, by #{bytes(part.growth)} in all#{mostly}.#{unexplained}"
      end

      def unexplained
        return unless leaks.unexplained&.positive?

        " For #{bytes(leaks.unexplained)} of its growth no dump shows a reason: libraries in C, " \
          "or the VM, have allocated it."
      end
    end
  end
end
