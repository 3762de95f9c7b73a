# frozen_string_literal: true

module HeapDump
  class Leaks
    # What grew although no suspect names it, neither an accused nor a cleared one: on no single
    # path of the program did these objects grow as a leak does. Frozen.
    #
    #   grown = HeapDump.leaks("1.json", "2.json", "3.json").also_grew.first
    #   grown.class_name      # => "String"
    #   grown.counts          # => [3007, 23010, 43010]
    #   grown.bytes           # => [134299, 934339, 1734339]
    #   grown.holder          # => "the symbol table"
    #   grown.cleared_because # => "it grew in every step, and the VM alone holds it: …"
    class AlsoGrew
      # The name of the class; for what has no class, which the VM makes for itself, its kind in
      # words: "call caches", "hidden Array" (String).
      attr_reader :class_name
      # How many live objects of it each dump has; where #holder is given, how many that one holds
      # (Array of Integer).
      attr_reader :counts
      # The sum of their sizes in each dump (Array of Integer).
      attr_reader :bytes
      # What holds them, if that is the VM alone: "the symbol table", "Object (class)" (String); nil
      # if they are counted wherever they are held.
      attr_reader :holder
      # Why it is not accused (String).
      attr_reader :cleared_because

      # Those that grew most by number (Array of AlsoGrew), at most Rules::ALSO_GREW.
      #
      # +told+:: all suspects, accused and cleared
      def self.of(snapshots, told) # :nodoc:
        return [] if snapshots.size < 3 # the verdict about two dumps is about all growth there is

        names = told.flat_map { |one| [one.class_name, *one.company.map { |words| kind(words) }] }
        snapshots.first.diff(*snapshots.drop(1)).select { |change| grew?(change) }
                 .reject { |change| names.include?(change.key) }
                 .sort_by { |change| [-change.count_change, change.label] }.lazy
                 .filter_map { |change| of_class(change) }
                 .select { |one| program?(snapshots.last, one) }.first(Rules::ALSO_GREW)
      end

      # +change+:: how a class changed (Snapshot::Diff::Change)
      def self.of_class(change)
        reason = reason(change.counts) or return
        new(class_name: change.key, counts: change.counts, bytes: change.bytes, holder: nil,
            cleared_because: reason)
      end

      # The class in an entry of Suspect#company: "Array" in "Array 10 → 20 → 30, constant Store::X".
      def self.kind(words)
        words.sub(/ \d+ → .*/m, "")
      end

      # Whether the growth of a class with a name is worth a line.
      def self.grew?(change)
        change.key && change.count_change >= Rules::FEW &&
          change.count_change >= Rules::ALSO_GREW_PART * change.counts.first
      end

      # Why numbers that end higher than they began show no leak; nil if they do not show that.
      def self.reason(counts) # :nodoc:
        steps = counts.each_cons(2).map { |before, after| after - before }
        return "its number fell in between" if steps.any?(&:negative?)
        return "it stood still at the end" if steps.last.zero?

        "it grew in one step only" if steps.one?(&:positive?)
      end

      SAMPLE = 20 # objects of a class that are looked at
      private_constant :SAMPLE

      # Whether the program makes objects of the class. (What every Ruby process has grows by
      # itself.)
      def self.program?(snapshot, grown)
        snapshot.sample(grown.class_name, limit: SAMPLE).any?(&:program?)
      end
      private_class_method :kind, :of_class, :grew?, :program?

      # All attributes by name.
      def initialize(class_name:, counts:, bytes:, holder:, cleared_because:) # :nodoc:
        @class_name = class_name
        @counts = counts
        @bytes = bytes
        @holder = holder
        @cleared_because = cleared_because
        freeze
      end

      # Whether each dump has more bytes of it than the one before.
      #
      #   grown.growing? # => true
      def growing?
        Sizes.every_time?(bytes)
      end

      # What the command writes as JSON (Hash).
      #
      #   grown.to_h # => {class: "String", counts: [3007, 23010, 43010], …}
      def to_h
        { class: class_name, counts: counts, bytes: bytes, holder: holder,
          cleared_because: cleared_because }
      end

      def inspect # :nodoc:
        "#<#{self.class} #{class_name} #{counts.join(" → ")}: #{cleared_because}>"
      end
    end
  end
end
