# frozen_string_literal: true

module HeapDump
  class Snapshot
    # Living strings with the same content. Frozen.
    #
    # value::     the content (String), nil in a dump that has none (<tt>strings: :hash</tt>)
    # copies::    how many there are
    # bytes::     what all of them take
    # wasted::    what would be saved if there was one alone
    # example::   one of them (Node)
    # owners::    what holds them, most frequent first: [words (String), how many of +sampled+]
    # sampled::   how many of them were asked for their owners
    # locations:: where they were allocated, most frequent first: [place, how many of +sampled+]
    Duplicate = Struct.new(:value, :copies, :bytes, :wasted, :example, :owners, :sampled,
                           :locations) do
      def inspect # :nodoc:
        text = Terminal::Text.quote(value.to_s, 40)
        "#<#{self.class} #{copies} of #{text} waste #{wasted} bytes>"
      end
    end

    # All duplicates of a dump. Frozen, Enumerable: each Duplicate, those that waste most first.
    #
    #   strings = snapshot.duplicate_strings(limit: 3)
    #   strings.first.wasted # => 69488
    #   strings.first.owners # => [["Shop::Session#@note", 100]]
    #   strings.strings      # => 20274
    #   strings.compared     # => 20274
    #   strings.contents     # => 1472
    #   strings.copies       # => 4946
    #   strings.wasted       # => 225182
    class Duplicates
      include Enumerable

      SAMPLE = 100 # members of a group that are asked who holds them
      OWNERS = 5   # of one string that are asked
      TOLD = 3     # owners and places that are kept
      private_constant :SAMPLE, :OWNERS, :TOLD

      # Living strings (Integer).
      attr_reader :strings
      # Those of them whose content, or its hash, is in the dump (Integer).
      attr_reader :compared
      # Contents of which there are several (Integer).
      attr_reader :contents
      # How many strings those are (Integer).
      attr_reader :copies
      # Bytes that would be saved if there was one of each content alone (Integer).
      attr_reader :wasted
      # Those that waste most (Array of Duplicate), as many as were asked for.
      attr_reader :items

      def self.of(snapshot, limit) # :nodoc:
        *figures, groups = snapshot.graph.repeats(limit, SAMPLE)
        new(figures, groups.map { |group| duplicate(snapshot, *group) })
      end

      def self.duplicate(snapshot, count, bytes, wasted, numbers)
        nodes = numbers.map { |number| snapshot.node(number) }
        Duplicate.new(Values.of(nodes.first.line), count, bytes, wasted, nodes.first,
                      owners(nodes.filter_map { |node| owner(snapshot, node) }), nodes.size,
                      most_frequent(nodes.map(&:location))).freeze
      end

      def self.most_frequent(words)
        words.compact.tally.sort_by { |word, count| [-count, word] }.first(TOLD).freeze
      end

      # Which key of a hash or which index it is says something only if most have the same.
      def self.owners(pairs)
        most_frequent(pairs.group_by(&:first).flat_map do |general, members|
          exact, number = members.map(&:last).tally.max_by(&:last)
          [number * 2 > members.size ? exact : general] * members.size
        end)
      end

      # The best of those who refer to it, as "Session#@state": without and with keys and indexes.
      def self.owner(snapshot, node)
        references = snapshot.referrers(node, limit: OWNERS).select { |held| held.edge.holds? }
        best = references.min_by { |held| held.edge.kind == :reference ? 1 : 0 }
        best && [false, true].map { |exact| Describe.owner(best.node, best.edge, exact: exact) }
      end
      private_class_method :duplicate, :most_frequent, :owners, :owner

      def initialize(figures, items) # :nodoc:
        @strings, @compared, @contents, @copies, @wasted = figures
        @items = items.freeze
        freeze
      end

      # Yields each of #items (Duplicate).
      #
      #   strings.map(&:copies) # => [809, 3, 102]
      def each(&)
        items.each(&)
      end

      def inspect # :nodoc:
        "#<#{self.class} #{size} of #{contents}>"
      end

      # Number of #items (Integer).
      #
      #   strings.size # => 3
      def size
        items.size
      end
    end
  end
end
