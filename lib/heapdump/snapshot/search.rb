# frozen_string_literal: true

module HeapDump
  class Snapshot
    # Objects that meet the conditions of Snapshot#find. What is in memory is looked at in C
    # (SearchFilter). Then the lines of the objects that are left are read, for the contents of
    # strings (Values) and for instance variables (WhereFields).
    class Search # :nodoc:
      # In the order of enum hg_sort (ext/heapgraph/search/find.h).
      IN_MEMORY = %i[retained size address referrers].freeze
      private_constant :IN_MEMORY

      # All orders: for that of lengths, lines are read.
      SORTS = [*IN_MEMORY, :length].freeze

      # The keywords of Snapshot#find that are conditions.
      CONDITIONS = %i[class type value min_size where].freeze

      # For +where+ and lengths the lines of so many objects are read at most.
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
        total, numbers = numbers(sort, offset, limit)
        Page.new(numbers.map { |number| @snapshot.node(number) }, total)
      end

      # How many objects are found, and the numbers of a part of them: [Integer, Array of Integer].
      def numbers(sort, offset, limit)
        SORTS.include?(sort) or
          raise ArgumentError, "sort: is one of #{SORTS.join(", ")}, not #{sort.inspect}"
        [offset, limit].each { |number| check_number(number) }
        sort == :length ? longest(offset, limit) : first(sort, offset, limit)
      end

      # The objects found as keywords of Graph#find and Graph#merged_paths.
      def wanted
        fields = @filter.fields
        return @filter.to_h unless @values || fields.any?

        known = @filter.to_h
        known[:nodes] = [known[:nodes], @values&.candidates].compact.reduce(:&)
        check_total(known, fields) if fields.any?
        candidates = all(known)
        { nodes: candidates.select { |number| met?(number) } }
      end

      private

      # How many objects are found, and the numbers of some of them.
      def first(sort, offset, limit)
        total, _bytes, numbers = @snapshot.graph.find(**wanted, sort: IN_MEMORY.index(sort),
                                                                offset: offset, limit: limit)
        [total, numbers]
      end

      # The numbers of all objects in the order of addresses.
      def all(wanted)
        @snapshot.graph.find(**wanted, sort: IN_MEMORY.index(:address)).last
      end

      # The same as #first by length. What has none comes last.
      def longest(offset, limit)
        found = wanted
        check_total(found, "the order of lengths")
        numbers = all(found)
        sorted = numbers.each_with_index.sort_by do |number, i|
          [-(@filter.fields.length(number) || -1), i]
        end
        [numbers.size, sorted.drop(offset).first(limit).map(&:first)]
      end

      def met?(number)
        (@values.nil? || @values.match?(@snapshot.line(number))) && @filter.fields.met?(number)
      end

      # A limit before the work: each line takes some microseconds.
      def check_total(known, purpose)
        total, = @snapshot.graph.find(**known, limit: 0)
        return if total <= MOST_LINES

        count = Terminal::Units.method(:count)
        raise Error, "#{count.call(total)} objects meet the other conditions, and for " \
                     "#{purpose} the line of each has to be read: at most " \
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
