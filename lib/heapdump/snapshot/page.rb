# frozen_string_literal: true

module HeapDump
  class Snapshot
    # The first of a longer list. Frozen, Enumerable.
    class Page
      include Enumerable

      # What is here (Array), and how many there are in all (Integer).
      attr_reader :items, :total

      def initialize(items, total) # :nodoc:
        @items = items.freeze
        @total = total
        freeze
      end

      def each(&)
        items.each(&)
      end

      def size
        items.size
      end

      def empty?
        items.empty?
      end

      def [](index)
        items[index]
      end

      def inspect
        "#<#{self.class} #{size} of #{total}: #{items.inspect}>"
      end
    end
  end
end
