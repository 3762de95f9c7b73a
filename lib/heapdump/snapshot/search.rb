# frozen_string_literal: true

module HeapDump
  class Snapshot
    # Objects that meet the conditions of Snapshot#find. What is in memory is looked at in C; the
    # contents of strings (Values) are read from the lines of the objects that are left.
    class Search # :nodoc:
      # In the order of enum hg_sort (ext/heapgraph/search/find.h).
      SORTS = %i[retained size address referrers].freeze

      # The keywords of Snapshot#find that are conditions.
      CONDITIONS = %i[class type value min_size].freeze

      # +conditions+ is a Hash; nil is no condition.
      def initialize(snapshot, conditions)
        unknown = conditions.keys - CONDITIONS
        unless unknown.empty?
          raise ArgumentError, "there is no condition #{unknown.first.inspect}; they are " \
                               "#{CONDITIONS.join(", ")}"
        end

        @snapshot = snapshot
        @values = conditions[:value] && Values.new(snapshot, conditions[:value])
        @known = { classes: conditions[:class]&.then { |name| snapshot.classes_named(name) },
                   type: conditions[:type]&.then { |word| type_number(word) },
                   least: conditions[:min_size] || 0 }
      end

      # A part of the objects found (Page of Node).
      def page(sort, offset, limit)
        order = SORTS.index(sort) or
          raise ArgumentError, "sort: is one of #{SORTS.join(", ")}, not #{sort.inspect}"
        return page_by_lines(order, offset, limit) if @values

        total, _bytes, numbers = @snapshot.graph.find(**@known, sort: order, offset: offset,
                                                                limit: limit)
        Page.new(nodes(numbers), total)
      end

      # The conditions as keywords of Graph#find and Graph#merged_paths.
      def filter
        @values ? { nodes: by_lines(SORTS.index(:address)) } : @known
      end

      private

      def nodes(numbers)
        numbers.map { |number| @snapshot.node(number) }
      end

      # The numbers of all objects found, in an order of SORTS.
      def by_lines(order)
        candidates = @snapshot.graph.find(**@known, nodes: @values.candidates, sort: order).last
        candidates.select { |number| @values.match?(@snapshot.line(number)) }
      end

      def page_by_lines(order, offset, limit)
        [offset, limit].each { |number| check_number(number) }
        found = by_lines(order)
        Page.new(nodes(found.drop(offset).first(limit)), found.size)
      end

      # As the reader in C does for all other searches.
      def check_number(number)
        return unless number.is_a?(Numeric) && number.negative?

        raise ArgumentError, "#{number} is negative: give a number from 0 on"
      end

      def type_number(word)
        Node::TYPES.index(word.to_s.upcase) or
          raise ArgumentError, "there is no type #{word}; it is one of " \
                               "#{(Node::TYPES - %w[UNKNOWN ROOT VIRTUAL_ROOT]).join(" ")}"
      end
    end
  end
end
