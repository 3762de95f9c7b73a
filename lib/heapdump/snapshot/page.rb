# frozen_string_literal: true

module HeapDump
  class Snapshot
    # The first of a longer list. Frozen, Enumerable.
    #
    #   page = snapshot.find(class: "Session", limit: 3)
    #   page.size  # => 3
    #   page.total # => 31337
    class Page
      include Enumerable

      # What is here (Array).
      attr_reader :items
      # How many there are in all (Integer).
      attr_reader :total

      def initialize(items, total) # :nodoc:
        @items = items.freeze
        @total = total
        freeze
      end

      # Yields each of #items.
      def each(&)
        items.each(&)
      end

      # Number of #items.
      def size
        items.size
      end

      # True if there are no #items.
      def empty?
        items.empty?
      end

      # The one with that index, nil if there is none.
      def [](index)
        items[index]
      end

      def inspect # :nodoc:
        "#<#{self.class} #{size} of #{total}: #{items.inspect}>"
      end
    end
  end
end
