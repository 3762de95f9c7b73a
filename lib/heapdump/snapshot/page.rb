# frozen_string_literal: true

module HeapDump
  class Snapshot
    # A part of a longer list. Frozen, Enumerable.
    #
    #   page = snapshot.find(class: "Session", limit: 3)
    #   page.size  # => 3
    #   page.total # => 31337
    class Page
      include Enumerable

      # The items of this part (Array).
      attr_reader :items
      # How many items the whole list has (Integer).
      attr_reader :total

      def initialize(items, total) # :nodoc:
        @items = items.freeze
        @total = total
        freeze
      end

      # Yields each of #items.
      #
      #   page.map(&:class_name) # => ["Session", "Session", "Session"]
      def each(&)
        items.each(&)
      end

      # Number of #items (Integer), which is +limit+ at most; one more if the last item sums up all
      # others.
      #
      #   page.size # => 3
      def size
        items.size
      end

      # True if there are no #items.
      #
      #   page.empty? # => false
      def empty?
        items.empty?
      end

      # The item with an index (Integer, from 0; a negative one counts from the end), nil if there
      # is none.
      #
      #   page[2]  # => #<HeapDump::Snapshot::Node 0x7f10a2b3c4d8 Session>
      #   page[99] # => nil
      def [](index)
        items[index]
      end

      def inspect # :nodoc:
        "#<#{self.class} #{size} of #{total}>"
      end
    end
  end
end
