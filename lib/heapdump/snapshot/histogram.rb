# frozen_string_literal: true

module HeapDump
  class Snapshot
    # Some of the objects of a Histogram: those of one class, one place … Frozen.
    #
    # key::       what they have in common: the name of a class (nil for an anonymous one), a type,
    #             "file:line", a generation (Integer), a gem; nil where it is not known
    # label::     the same in words
    # objects::   living objects
    # bytes::     their shallow sizes
    # retained::  what would be free if all of them were (Integer), nil where that is not told
    # largest::   the one that retains most (Node)
    # garbage::   objects of the kind that nothing holds; garbage_bytes:: their sizes
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

    # Objects in groups, those that retain most first. Frozen, Enumerable.
    #
    #   histogram = snapshot.histogram(by: :class)
    #   histogram.first(2).map(&:label) # => ["Class", "(IMEMO iseq: code)"]
    #   histogram.by                    # => :class
    class Histogram
      include Enumerable

      # What the VM keeps for itself, in words.
      INTERNAL = {
        "iseq" => "code", "ment" => "methods", "env" => "captured variables",
        "cref" => "scopes of code", "callcache" => "inline caches", "callinfo" => "calls in code",
        "constcache" => "inline caches of constants", "fields" => "instance variables",
        "tmpbuf" => "buffers", "ast" => "syntax trees"
      }.freeze
      private_constant :INTERNAL

      # Numbers that the reader has for them.
      BY = { class: 0, type: 1, location: 2, generation: 3 }.freeze
      private_constant :BY

      # What they are grouped by (Symbol), as for Snapshot#histogram.
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

      # As Graph#groups has it.
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
        else [key, key ? Places.short(key) : "(unknown)"]
        end
      end

      # Objects without a class are told by what the VM calls them.
      def self.class_key(snapshot, number, type, kind)
        unless number
          words = INTERNAL[kind]
          return [nil, "(#{[type, kind].compact.join(" ")}#{": #{words}" if words})"]
        end
        node = snapshot.node(number)
        [node.name, node.name || "(anonymous class #{node})"]
      end

      # Places as the gems that they lie in. What they retain together cannot be added up.
      def self.gems(rows)
        gems = rows.group_by { |row| Places.gem_of(row.key) }.map do |gem, parts|
          Row.new(gem, gem, parts.sum(&:objects), parts.sum(&:bytes), nil,
                  parts.filter_map(&:largest).max_by(&:memsize), parts.sum(&:garbage),
                  parts.sum(&:garbage_bytes)).freeze
        end
        gems.sort_by { |row| [-row.bytes, -row.objects, row.label] }
      end
      private_class_method :row, :key_and_label, :class_key, :gems

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

      # The group of a key or label (Row), nil if there is none.
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

      # Living objects of all groups (Integer).
      #
      #   histogram.objects # => 18081
      def objects
        rows.sum(&:objects)
      end

      # Their shallow sizes together, in bytes (Integer).
      #
      #   histogram.bytes # => 2751280
      def bytes
        rows.sum(&:bytes)
      end

      # False where no object says what it should be grouped by: allocations were not traced.
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
