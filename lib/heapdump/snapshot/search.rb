# frozen_string_literal: true

module HeapDump
  class Snapshot
    # Finds objects by what they are, for Snapshot#find. What is in memory is looked at in C; the
    # contents of strings (Values) are read from the lines of the objects that are left.
    class Search # :nodoc:
      # In the order of enum hg_sort (ext/heapgraph/search/find.h).
      SORTS = %i[retained size address referrers].freeze

      def initialize(snapshot, classes: nil, type: nil, value: nil, min_size: 0)
        @snapshot = snapshot
        @values = value && Values.new(snapshot, value)
        @filter = { classes: classes, type: type, least: min_size }
      end

      # A part of the objects found (Page of Node).
      def page(sort, offset, limit)
        order = SORTS.index(sort) or
          raise ArgumentError, "sort: is one of #{SORTS.join(", ")}, not #{sort.inspect}"
        return page_by_lines(order, offset, limit) if @values

        total, _bytes, numbers = @snapshot.graph.find(**@filter, sort: order, offset: offset,
                                                                 limit: limit)
        Page.new(nodes(numbers), total)
      end

      private

      def nodes(numbers)
        numbers.map { |number| @snapshot.node(number) }
      end

      def page_by_lines(order, offset, limit)
        [offset, limit].each { |number| check_number(number) }
        candidates = @snapshot.graph.find(**@filter, nodes: @values.candidates, sort: order).last
        found = candidates.select { |number| @values.match?(@snapshot.line(number)) }
        Page.new(nodes(found.drop(offset).first(limit)), found.size)
      end

      # As the reader in C does for all other searches.
      def check_number(number)
        return unless number.is_a?(Numeric) && number.negative?

        raise ArgumentError, "#{number} is negative: give a number from 0 on"
      end
    end
  end
end
