# frozen_string_literal: true

module HeapDump
  class Leaks
    # Finds the suspects that are one leak: growth in several places at the same pace, where one of
    # them holds the objects of which another consists. If a job, its name in a list and the pair of
    # both in a queue grow, these are three suspects and one leak.
    class Related
      # A name that is made from data is also a new symbol, so both grow together.
      SYMBOL = "Symbol"

      # One suspect, and what is known of its relation to others.
      #
      # +number+::  the index of the growth in HeapDump::Growth#leaks, nil for contents and names
      # +holds+::   the numbers of other growths, each with how many of its new objects this one
      #             holds as well
      # +new+::     how many new objects it has
      # +rank+::    the rank of its class (Integer); the suspect with the lowest one names the leak
      # +by_name+:: whether each of its objects has a name of its own
      One = Struct.new(:suspect, :number, :holds, :new, :rank, :by_name, keyword_init: true)

      # +all+:: the suspects (Array of One)
      def initialize(all)
        @all = all
      end

      # One suspect for each leak (Array of Suspect).
      def suspects
        groups.map { |group| told(group) }
      end

      private

      def groups
        left = @all.dup
        groups = []
        groups << gather([left.shift], left) until left.empty?
        groups
      end

      def gather(group, left)
        group.each do |one|
          same, = left.partition { |other| same?(one, other) }
          same.each { |other| left.delete_if { |each| each.equal?(other) } }
          group.concat(same)
        end
      end

      def same?(one, other)
        same_pace?(one.suspect, other.suspect) &&
          (holds?(one, other) || holds?(other, one) || symbols_of?(one, other) ||
            symbols_of?(other, one))
      end

      # Whether the one holds most of the new objects of the other.
      def holds?(one, other)
        held = one.holds.to_h[other.number]
        !held.nil? && held >= Rules::MOST * other.new
      end

      def symbols_of?(symbols, other)
        symbols.suspect.class_name == SYMBOL && symbols.suspect.holder == "the symbol table" &&
          other.by_name
      end

      def same_pace?(one, other)
        a, b = [one, other].map { |suspect| paces(suspect.counts) }
        !a.nil? && !b.nil? && a.zip(b).all? { |left, right| (left - right).abs <= Rules::SAME_PACE }
      end

      # Each step as a part of all growth (Array of Float), nil without growth.
      def paces(counts)
        whole = (counts.last - counts.first).to_f
        counts.each_cons(2).map { |before, after| (after - before) / whole } if whole.positive?
      end

      def told(group)
        first = group.min_by { |one| [one.rank, -one.suspect.retained_growth] }
        rest = group.reject { |one| one.equal?(first) }.map(&:suspect)
        return first.suspect if rest.empty?

        first.suspect.with(rest)
      end
    end
    private_constant :Related
  end
end
