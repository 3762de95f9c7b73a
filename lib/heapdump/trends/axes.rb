# frozen_string_literal: true

module HeapDump
  class Trends
    # By what growth is measured: time, work that was counted, and objects that were allocated, each
    # with one number for each dump, which never falls.
    class Axes # :nodoc:
      # Hours since the first dump (Array of Float); requests and jobs, and allocated objects (Array
      # of Integer), nil if a dump does not have them.
      attr_reader :hours, :work, :allocations

      def initialize(hours:, work: nil, allocations: nil)
        @hours = hours
        @work = usable(work)
        @allocations = usable(allocations)
      end

      # All that can be used (Array of Arrays).
      def all
        @all ||= [usable(hours), work, allocations].compact
      end

      # Whether enough time went by for a verdict.
      def enough_time?
        hours.last - hours.first >= Rules::SPAN
      end

      # Those of some of the dumps, by their indexes.
      def at(indexes)
        return self if indexes.size == hours.size

        Axes.new(hours: hours.values_at(*indexes), work: work&.values_at(*indexes),
                 allocations: allocations&.values_at(*indexes))
      end

      private

      def usable(numbers)
        return unless numbers && numbers.size > 1 && numbers.all?

        numbers if numbers.last > numbers.first && numbers.each_cons(2).all? { |a, b| b >= a }
      end
    end
    private_constant :Axes
  end
end
