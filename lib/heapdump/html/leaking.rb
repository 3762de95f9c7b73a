# frozen_string_literal: true

module HeapDump
  module Html
    # The verdict about several dumps: what leaks, in sentences first, then a card for each suspect,
    # and below what grew and is not accused, with the reasons.
    class Leaking < Section
      title "What leaks"
      limit 10, "suspects"
      template "leaking"

      REST = 50 # suspects without a card, and what is not accused
      private_constant :REST

      def shown?
        subject.several?
      end

      # In one sentence.
      def sentence
        return "The dumps cannot be judged: #{leaks.faults.join("; ")}." unless leaks.sound?
        return nothing if leaks.empty?

        names = leaks.first(3).map { |suspect| Markup.short(suspect.class_name, 80) }
        names << "others" if leaks.suspects.size > 3
        "#{plural(leaks.suspects.size, "leak")} found: #{names.join(", ")}."
      end

      private

      def leaks
        subject.leaks
      end

      def nothing
        grew = [*("what is held" if leaks.held_grew?), *("the process" if leaks.growth.any?)]
        return "Nothing leaks that these dumps show: nothing is accused." if grew.empty?

        "Nothing is accused, but #{grew.join(", and ")} grew in every step: see below what grew."
      end

      def cards
        leaks.first(limit).map.with_index(1) do |suspect, number|
          SuspectCard.new(subject, suspect, number).markup
        end
      end

      # Suspects for which there is no card.
      def others
        leaks.suspects.drop(limit)
      end

      def others_table
        table("Further suspects", Table::TEXT["in each dump", "how many there are"],
              Table::NUMBER["retained", "how much more is retained"],
              Table::NAME["class", "what leaks"], Table::TEXT["held by", ""],
              Table::TEXT["to see more", ""]) do |table|
          others.first(REST).each { |one| table.row(*other(one)) }
          left_out = others.drop(REST)
          next if left_out.empty?

          table.rest("", bytes_change(left_out.sum(&:retained_growth)),
                     plural(left_out.size, "smaller suspect"), "", "")
        end
      end

      def other(suspect)
        ["#{series(suspect.counts)} #{suspect.unit}", bytes_change(suspect.retained_growth),
         suspect.class_name, suspect.holder, command("why", suspect.path.target.to_s)]
      end

      # What grew and is not accused: pairs of what it is and why.
      def cleared
        suspects = leaks.cleared.map do |one|
          ["#{Markup.short(one.class_name, 120)} #{series(one.counts)} #{one.unit}, #{one.holder}",
           one.cleared_because]
        end
        suspects + leaks.also_grew.map do |one|
          held = one.holder ? "held by #{one.holder}" : "wherever they are held"
          ["#{Markup.short(one.class_name, 120)} #{series(one.counts)} objects, #{held}",
           one.cleared_because]
        end
      end

      # How much the whole process grew, and how much of that no dump explains; nil if it did not.
      def process
        part = leaks.growth.first or return
        words = ["The process grew by #{bytes(part.growth)} in all, in every step"]
        words << "; most of that is #{part.explained_by}" if part.explained_by
        "#{words.join}.#{unexplained}"
      end

      def unexplained
        return unless leaks.unexplained&.positive?

        " For #{bytes(leaks.unexplained)} of its growth no dump shows a reason, because libraries " \
          "in C or the VM have allocated it."
      end
    end
  end
end
