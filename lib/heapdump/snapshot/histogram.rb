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

    # Objects in groups, the groups with the largest retained size first. Frozen, Enumerable.
    #
    #   histogram = snapshot.histogram(by: :class)
    #   histogram.first(2).map(&:label) # => ["Class", "(IMEMO iseq: code)"]
    #   histogram.by                    # => :class
    class Histogram
      include Enumerable

      # The numbers that Graph#groups expects for them.
      BY = { class: 0, type: 1, location: 2, generation: 3 }.freeze
      private_constant :BY

      # What the objects are grouped by (Symbol), as for Snapshot#histogram.
      attr_reader :by
      # The groups (Array of Row).
      attr_reader :rows

      def self.of(snapshot, by, below) # :nodoc:
        unless BY.key?(by) || by == :gem
          raise ArgumentError, "by: is one of #{[*BY.keys, :gem].join(", ")}, not #{by.inspect}"
        end

        groups = snapshot.graph.groups(BY.fetch(by, BY[:location]), below&.id)
        rows = groups.map { |group| row(snapshot, by, group) }
        new(by, by == :gem ? gems(rows) : rows)
      end

      # Makes a Row of one group of Graph#groups.
      def self.row(snapshot, by, (key, type, kind, largest, *figures))
        key, label = key_and_label(snapshot, by, key, type, kind)
        objects, bytes, retained, garbage, garbage_bytes = figures
        Row.new(key, label, objects, bytes, retained, largest && snapshot.node(largest), garbage,
                garbage_bytes).freeze
      end

      def self.key_and_label(snapshot, by, key, type, kind)
        case by
        when :class then class_key(snapshot, key, Node::TYPES.fetch(type), kind)
        when :type then [Node::TYPES.fetch(key)] * 2
        when :generation then [key, key ? key.to_s : "(unknown)"]
        else of_place(snapshot.place(key))
        end
      end

      def self.of_place(place)
        [place, place ? Places.short(place) : "(unknown)"]
      end

      # The key and label of objects of one class.
      def self.class_key(snapshot, number, type, kind)
        klass = number && snapshot.node(number)
        [klass&.name, ClassWords.label(klass, type, kind)]
      end

      # Puts places that lie in one gem together. Retained sizes of several places cannot be added
      # up, so a gem has none.
      def self.gems(rows)
        gems = rows.group_by { |row| Places.gem_of(row.key) }.map do |gem, parts|
          Row.new(gem, gem, parts.sum(&:objects), parts.sum(&:bytes), nil,
                  parts.filter_map(&:largest).max_by(&:memsize), parts.sum(&:garbage),
                  parts.sum(&:garbage_bytes)).freeze
        end
        gems.sort_by { |row| [-row.bytes, -row.objects, row.label] }
      end
      private_class_method :row, :key_and_label, :of_place, :class_key, :gems

      def initialize(by, rows) # :nodoc:
        @by = by
        @rows = rows.freeze
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

      # Number of groups (Integer).
      #
      #   histogram.size # => 59
      def size
        rows.size
      end

      # Number of live objects in all groups (Integer).
      #
      #   histogram.objects # => 18081
      def objects
        rows.sum(&:objects)
      end

      # The sum of the sizes of all live objects, in bytes (Integer).
      #
      #   histogram.bytes # => 2751280
      def bytes
        rows.sum(&:bytes)
      end

      # False if no object has a key, as for +:location+ if allocations were not traced.
      #
      #   snapshot.histogram(by: :location).known? # => false
      def known?
        rows.any?(&:key)
      end

      def inspect # :nodoc:
        "#<#{self.class} by #{by}, #{rows.size} groups>"
      end
    end
  end
end
