# frozen_string_literal: true

module HeapDump
  class Snapshot
    # Names of classes that somebody may have meant.
    module Names # :nodoc:
      OFFERED = 3

      # The names in a dump that are nearest to one that it has not: those that end with it first
      # ("Billing::Invoice" for "Invoice"), else those that are spelled much alike.
      def self.near(snapshot, name)
        name = Terminal::Text.valid(name.to_s)
        names = of(snapshot)
        same = names.select { |one| one.casecmp?(name) || ends_with?(one, name) }
        return same.min_by(OFFERED, &:size) unless same.empty?

        alike(names, name).first(OFFERED)
      end

      # In words that can follow a sentence: "; did you mean A or B?", "" where none is near.
      def self.offer(snapshot, name)
        near = near(snapshot, name)
        near.empty? ? "" : "; did you mean #{near.join(" or ")}?"
      end

      # The last part of a name is what people type.
      def self.alike(names, name)
        require "did_you_mean"
        by_end = names.group_by { |one| one[/[^:]+\z/] }
        return DidYouMean::SpellChecker.new(dictionary: names).correct(name) if name.include?("::")

        DidYouMean::SpellChecker.new(dictionary: by_end.keys.compact).correct(name)
                                .flat_map { |one| by_end.fetch(one) }
      end

      def self.ends_with?(one, name)
        one.downcase.end_with?("::#{name.downcase}")
      end

      def self.of(snapshot)
        snapshot.graph.modules_named(nil).filter_map { |number| snapshot.node(number).name }.uniq
      end
      private_class_method :alike, :ends_with?, :of
    end
    private_constant :Names
  end
end
