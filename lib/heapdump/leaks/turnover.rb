# frozen_string_literal: true

module HeapDump
  class Leaks
    # Which of the counted objects are the same from dump to dump, told by their addresses.
    #
    #   turnover = Turnover.new(counts: [1000, 1040, 1080], kept: [0, 40, 0], stayed: [0, 0, 40],
    #                           stayed_twice: [0, 0, 0])
    #   turnover.replaced? # => true
    #   turnover.stays?    # => true
    class Turnover
      # So many of a dump's objects must be in the next one, or they are replaced all the time.
      KEPT = 0.5
      # What is replaced all the time grows only if each step adds so much of what there was, and so
      # many objects: anything less is a number that goes up and down.
      SURGE = 0.25
      SURGE_OBJECTS = 20
      # Or if it grows by as many in each step, to this part of it, and all steps after the first
      # together by so many at least: the longer it is even, the less is it by chance.
      EVEN = 0.1
      EVEN_OBJECTS = 20
      # Or if some stay. Each step adds so many to them; the smallest is this part of the largest;
      # of those that have stayed for a step so many stay for the next; and all together become more
      # by this part of what stays.
      STAY_OBJECTS = 10
      STAY_EVEN = 0.5
      STAY_LONGER = 0.9
      STAY_GROWTH = 0.5

      # All by dump:
      #
      # +counts+::       how many there are
      # +kept+::         how many of them the next dump has
      # +stayed+::       how many the dump before has too, the same in all that they hold
      # +stayed_twice+:: how many the two before have too
      def initialize(counts:, kept:, stayed:, stayed_twice:)
        @counts = counts
        @kept = kept
        @stayed = stayed
        @twice = stayed_twice
      end

      # From the second dump on, how many there are that the dump before has as well.
      def staying
        @stayed.drop(1)
      end

      def replaced?
        @counts.zip(@kept).first(@counts.size - 1).any? do |count, kept|
          count >= 2 && kept < KEPT * count
        end
      end

      # Whether some of them stay, more from step to step, while most are replaced.
      def stays?
        steps = Steps.new(staying).all
        steps.any? && steps.min >= [STAY_OBJECTS, STAY_EVEN * steps.max].max && stay_on? &&
          @counts.last - @counts[1] >= STAY_GROWTH * (staying.last - staying.first)
      end

      def surges?
        @counts.each_cons(2).all? do |before, after|
          after - before >= SURGE_OBJECTS && after - before >= SURGE * before
        end
      end

      def evenly?
        steps = @counts.each_cons(2).map { |before, after| after - before }
        steps.min * (steps.size - 1) >= EVEN_OBJECTS && steps.max - steps.min <= EVEN * steps.max
      end

      private

      def stay_on?
        @twice.drop(2).zip(staying).all? { |twice, once| twice >= STAY_LONGER * once }
      end
    end
  end
end
