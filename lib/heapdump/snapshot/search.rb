# frozen_string_literal: true

module HeapDump
  class Snapshot
    # Objects that meet the conditions of Snapshot#find. What is in memory is looked at in C
    # (SearchFilter). Then the lines of the objects that are left are read, for the contents of
    # strings (Values) and for instance variables (WhereFields).
    class Search # :nodoc:
      # In the order of enum hg_sort (ext/heapgraph/search/find.h).
      SORTS = %i[retained size address referrers].freeze

      # The keywords of Snapshot#find that are conditions.
      CONDITIONS = %i[class type value min_size where].freeze

      # For +where+ the lines of so many objects are read at most.
      MOST_LINES = 1_000_000

      # +conditions+ is a Hash; nil is no condition.
      def initialize(snapshot, conditions)
        unknown = conditions.keys - CONDITIONS
        unless unknown.empty?
          raise ArgumentError, "there is no condition #{unknown.first.inspect}; they are " \
                               "#{CONDITIONS.join(", ")}"
        end

        @snapshot = snapshot
        @values = conditions[:value] && Values.new(snapshot, conditions[:value])
        @filter = SearchFilter.new(snapshot, conditions)
      end

      # A part of the objects found (Page of Node).
      def page(sort, offset, limit)
        order = SORTS.index(sort) or
          raise ArgumentError, "sort: is one of #{SORTS.join(", ")}, not #{sort.inspect}"
        [offset, limit].each { |number| check_number(number) }
        total, _bytes, numbers = @snapshot.graph.find(**wanted, sort: order, offset: offset,
                                                                limit: limit)
        Page.new(numbers.map { |number| @snapshot.node(number) }, total)
      end

      # The objects found as keywords of Graph#find and Graph#merged_paths.
      def wanted
        fields = @filter.fields
        return @filter.to_h unless @values || fields.any?

        known = @filter.to_h
        known[:nodes] = @values.candidates if @values
        check_total(known) if fields.any?
        candidates = @snapshot.graph.find(**known, sort: SORTS.index(:address)).last
        { nodes: candidates.select { |number| met?(number) } }
      end

      private

      def met?(number)
        (@values.nil? || @values.match?(@snapshot.line(number))) && @filter.fields.met?(number)
      end

      # A limit before the work: each line takes some microseconds.
      def check_total(known)
        total, = @snapshot.graph.find(**known, limit: 0)
        return if total <= MOST_LINES

        count = Terminal::Units.method(:count)
        raise Error, "#{count.call(total)} objects meet the other conditions, and for " \
                     "#{@filter.fields} the line of each has to be read: at most " \
                     "#{count.call(MOST_LINES)} are; narrow it, as with class = Name, " \
                     "is_a = Name, type = TYPE or size > 1k"
      end

      # Before any line is read, as the reader in C does it.
      def check_number(number)
        return unless number.is_a?(Numeric) && number.negative?

        raise ArgumentError, "#{number} is negative: give a number from 0 on"
      end
    end
  end
end
