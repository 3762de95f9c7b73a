# frozen_string_literal: true

module HeapDump
  class Snapshot
    # Live strings with the same content. Frozen.
    #
    # value::     the content (String), nil in a dump that has none (<tt>strings: :hash</tt>)
    # copies::    how many there are
    # bytes::     the sum of their sizes
    # wasted::    how many bytes would be saved if there were only one
    # example::   one of them (Node)
    # owners::    who holds them, the most frequent first: [words (String), how many of +sampled+]
    # sampled::   for how many of them the owners were looked up
    # locations:: where they were allocated, the most frequent first: [place, how many of +sampled+]
    Duplicate = Struct.new(:value, :copies, :bytes, :wasted, :example, :owners, :sampled,
                           :locations) do
      # The holders in words (String): "Session#@state (98 of 100), Hash […]".
      #
      #   snapshot.duplicate_strings.first.held_by # => "Shop::Session#@note"
      def held_by
        return "nothing that is known" if owners.empty?

        owners.map do |owner, number|
          number == sampled ? owner : "#{owner} (#{number} of #{sampled})"
        end.join(", ")
      end

      def inspect # :nodoc:
        text = Terminal::Text.quote(value.to_s, 40)
        "#<#{self.class} #{copies} of #{text} waste #{wasted} bytes>"
      end
    end

    # All duplicates of a dump. Frozen, Enumerable: it yields each Duplicate, the one that wastes
    # most memory first.
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

      SAMPLE = 100 # copies of one content whose owners are looked up
      OWNERS = 5   # references to one string that are looked at
      TOLD = 3     # owners and places of one content that are returned
      private_constant :SAMPLE, :OWNERS, :TOLD

      # Number of live strings (Integer).
      attr_reader :strings
      # How many of them have their content, or its hash, in the dump (Integer).
      attr_reader :compared
      # How many different contents have more than one string (Integer).
      attr_reader :contents
      # How many strings have one of these #contents (Integer).
      attr_reader :copies
      # Bytes that would be saved if there were only one string of each content (Integer).
      attr_reader :wasted
      # The duplicates that waste most memory (Array of Duplicate), at most as many as were asked
      # for.
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

      # Counts the holders. The exact key or index is named only if most holders in the group have
      # the same one.
      def self.owners(pairs)
        most_frequent(pairs.group_by(&:first).flat_map do |general, members|
          exact, number = members.map(&:last).tally.max_by(&:last)
          [number * 2 > members.size ? exact : general] * members.size
        end)
      end

      # The best holder of a string in words, as "Session#@state", twice: first with "[…]" for keys
      # and indexes, then with the exact ones.
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
