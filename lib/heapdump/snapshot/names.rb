# frozen_string_literal: true

module HeapDump
  class Snapshot
    # Suggests names of classes that the user may have meant.
    module Names # :nodoc:
      OFFERED = 3
      # Spellings are compared character by character: with a long name, those of a large program
      # would take minutes. So many pairs of characters take about a second.
      MOST_PAIRS = 100_000_000
      LETTERS = 4 # so many letters and one more may have one typing error

      # The names of a dump that are nearest to a name which the dump does not have: those that end
      # with it ("Billing::Invoice" for "Invoice"), and if there are none, those with a similar
      # spelling.
      def self.near(snapshot, name)
        name = Terminal::Text.valid(name.to_s)
        names = of(snapshot)
        same = names.select { |one| one.casecmp?(name) || ends_with?(one, name) }
        return same.min_by(OFFERED, &:size) unless same.empty?

        alike(names, name).first(OFFERED)
      end

      # The suggestion in words that can follow a sentence: "; did you mean A or B?"; "" if there is
      # none.
      def self.offer(snapshot, name)
        near = near(snapshot, name)
        near.empty? ? "" : "; did you mean #{near.join(" or ")}?"
      end

      # Names with a similar spelling. People mostly type the last part of a name, so that is
      # compared.
      def self.alike(names, name)
        return [] if names.sum(&:size) * name.size > MOST_PAIRS

        require "did_you_mean"
        return corrections(names, name) if name.include?("::")

        by_end = names.group_by { |one| one[/[^:]+\z/] }
        corrections(by_end.keys.compact, name).flat_map { |one| by_end.fetch(one) }
      end

      # In a short name another letter makes another word: "Node" is not meant by "Nope".
      def self.corrections(names, name)
        found = DidYouMean::SpellChecker.new(dictionary: names).correct(name)
        found.select { |one| typos(one.downcase, name.downcase) <= (name.size - 1) / LETTERS }
      end

      # Two letters in the wrong order are one typing error.
      def self.typos(one, other)
        return 0 if one.chars.sort == other.chars.sort

        DidYouMean::Levenshtein.distance(one, other)
      end

      def self.ends_with?(one, name)
        one.downcase.end_with?("::#{name.downcase}")
      end

      def self.of(snapshot)
        snapshot.graph.modules_named(nil).filter_map { |number| snapshot.node(number).name }.uniq
      end
      private_class_method :alike, :corrections, :typos, :ends_with?, :of
    end
    private_constant :Names
  end
end
