# frozen_string_literal: true

module HeapDump
  class Snapshot
    # The objects of a dump by how they are held, those that retain most first. Frozen, Enumerable.
    #
    #   ways = snapshot.ways(limit: 1000)
    #   ways.first.class_name # => "Session"
    #   ways.other.objects    # => 2107
    #   ways.hidden.bytes     # => 4106624
    class Ways
      autoload :Finding, "#{__dir__}/ways/finding"
      autoload :Signing, "#{__dir__}/ways/signing"
      autoload :Telling, "#{__dir__}/ways/telling"

      include Enumerable

      # The objects of the program that are held in one way: by the same names, whatever indexes,
      # keys and digits in names are on the path. Frozen.
      #
      # signature::  a text that is the same for the same way in other dumps (String of 16
      #              hexadecimal digits); a suspect of Leaks has the same for the same objects
      # class_name:: their class, or another word if they have none, as Leaks::Suspect#class_name
      # objects::    how many they are
      # bytes::      the sum of their sizes
      # retained::   what they dominate together, in bytes
      # node::       one of them as an example (Node)
      # path::       how that is held (Leaks::Way), nil for the smaller ways
      # holder::     the holder in words (String), nil for the smaller ways (see Snapshot#ways);
      #              with "…" for the last name where objects of several names are one way
      # location::   the place in the source that belongs to the holder, "file:line", nil if unknown
      # gem::        the gem of that place: "app", "ruby" or "puma-6.4"; nil if unknown
      # told::       the path in words, without keys (String), nil for the smaller ways
      Way = Struct.new(:signature, :class_name, :objects, :bytes, :retained, :node, :path, :holder,
                       :location, :gem, :told, keyword_init: true) do
        def inspect # :nodoc:
          "#<#{self.class} #{class_name} #{objects} objects retained #{retained}, #{holder}>"
        end
      end

      # The sums of several ways: how many these are, and the number and the sizes of their objects.
      Sum = Struct.new(:ways, :objects, :bytes)

      # Those that are given (Array of Way).
      attr_reader :items
      # The ways of the program that are not given (Sum).
      attr_reader :other
      # What is not the program's (Sum): code, the VM's own objects, and what Ruby hides.
      attr_reader :hidden

      # +words+ is for how many of them the words are found.
      def self.of(snapshot, limit, words) # :nodoc:
        other, hidden, found = snapshot.graph.ways(limit)
        all = Signing.new(snapshot.plain).sums(found)
        told = all.first(words).map { |way| Telling.new(snapshot, way).way }
        rest = all.drop(told.size).each { |way| silence(way, snapshot) }
        new(told + rest, Sum.new(*other), Sum.new(*hidden))
      end

      # A way without words.
      def self.silence(way, snapshot)
        way.path = nil
        way.node = snapshot.node(way.node.id) if snapshot.redacted?
        way.freeze
      end

      private_class_method :silence

      def initialize(items, other, hidden) # :nodoc:
        @items = items.freeze
        @other = other.freeze
        @hidden = hidden.freeze
        freeze
      end

      # Yields each Way.
      #
      #   ways.sum(&:objects) # => 15071
      def each(&)
        items.each(&)
      end

      # Number of #items (Integer).
      #
      #   ways.size # => 312
      def size
        items.size
      end

      # The Way with this signature, nil if there is none among #items.
      #
      #   ways["4a2cbb5725507364"].objects # => 80
      def [](signature)
        items.find { |way| way.signature == signature }
      end

      def inspect # :nodoc:
        "#<#{self.class} #{size} of #{size + other.ways}>"
      end
    end
  end
end
