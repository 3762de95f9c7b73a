# frozen_string_literal: true

module HeapDump
  class Leaks
    # Suspects that are one leak: what grows in several places at the same pace, where one of them
    # holds what the other is made of. A job, its name in a list of names, the pair of both in a
    # queue: three suspects, one leak.
    class Related
      # Names are symbols too; what makes one makes the other.
      SYMBOL = "Symbol"

      # What has been found of one suspect, and is not yet in its last form.
      #
      # +number+::  of the growth in the reader, nil for contents and names
      # +holds+::   numbers of others, with how many of their new objects it holds as well
      # +new+::     how many new objects it has
      # +rank+::    of its class (Integer, the lower the better to tell it by)
      # +by_name+:: whether its objects have names of their own
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

      # Most of what is new of the other.
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

      # What each step is of all growth.
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
  end
end
