# frozen_string_literal: true

module HeapDump
  class Snapshot
    # One group of a Histogram: the objects of one class, one place … Frozen.
    #
    # key::       what the objects have in common: the name of a class (nil for an anonymous one), a
    #             type, "file:line", a generation (Integer) or a gem; nil if it is unknown
    # label::     the key in words
    # objects::   number of live objects
    # bytes::     the sum of their sizes
    # retained::  the retained size of all of them together (Integer), nil if it is not computed
    # largest::   the object with the largest retained size (Node)
    # garbage::   number of objects of the group that no root holds; garbage_bytes:: the sum of
    #             their sizes
    #
    # All sizes are in bytes.
    #
    #   row = snapshot.histogram["Session"]
    #   [row.objects, row.bytes, row.retained] # => [9, 360, 11016]
    Row = Struct.new(:key, :label, :objects, :bytes, :retained, :largest, :garbage,
                     :garbage_bytes) do
      def inspect # :nodoc:
        "#<HeapDump::Snapshot::Row #{label} #{objects} objects #{bytes} bytes retained #{retained}>"
      end
    end

    # Objects in groups, the largest groups first. Frozen, Enumerable.
    #
    #   histogram = snapshot.histogram(by: :class, limit: 2)
    #   histogram.map(&:label)  # => ["Class", "(IMEMO iseq: code)"]
    #   histogram.rest.label    # => "57 smaller classes"
    #   histogram.by            # => :class
    class Histogram
      include Enumerable

      # What the objects are grouped by (Symbol), as for Snapshot#histogram.
      attr_reader :by
      # The groups (Array of Row), +limit+ at most.
      attr_reader :rows
      # Number of all groups (Integer).
      attr_reader :total
      # All smaller groups in one (Row, which has no key and no object; its retained size is known
      # only for Snapshot#top_groups), nil if there are none.
      attr_reader :rest

      def initialize(by, rows, total, rest) # :nodoc:
        @by = by
        @rows = rows.freeze
        @total = total
        @rest = rest
        freeze
      end

      # Yields each Row.
      #
      #   histogram.sum(&:garbage_bytes) # => 528
      def each(&)
        rows.each(&)
      end

      # The group with this key or label (Row), nil if there is none.
      #
      #   histogram["Session"].objects # => 9
      def [](key)
        rows.find { |row| row.key == key } || rows.find { |row| row.label == key }
      end

      # Number of #rows (Integer).
      #
      #   histogram.size # => 59
      def size
        rows.size
      end

      # Number of live objects in all groups (Integer).
      #
      #   histogram.objects # => 18081
      def objects
        [*rows, rest].compact.sum(&:objects)
      end

      # The sum of the sizes of all live objects, in bytes (Integer).
      #
      #   histogram.bytes # => 2751280
      def bytes
        [*rows, rest].compact.sum(&:bytes)
      end

      # False if no object has a key, as for +:location+ if allocations were not traced.
      #
      #   snapshot.histogram(by: :location).known? # => false
      def known?
        rows.any?(&:key) || (rows.size < total && total > 1)
      end

      def inspect # :nodoc:
        "#<#{self.class} by #{by}, #{rows.size} of #{total} groups>"
      end
    end
  end
end
