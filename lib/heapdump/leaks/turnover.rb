# frozen_string_literal: true

module HeapDump
  class Leaks
    # How many of the counted objects are the same in the next dump, by their addresses.
    #
    #   turnover = Turnover.new(counts: [1000, 1040, 1080], kept: [0, 40, 0], stayed: [0, 0, 40],
    #                           stayed_twice: [0, 0, 0])
    #   turnover.replaced? # => true
    #   turnover.stays?    # => true
    class Turnover
      # Whether addresses identify objects: they do unless the heap was compacted between the dumps.
      #
      # +growth+:: HeapDump::Growth
      def self.known?(growth)
        growth.stable.all? { |permille| permille >= Rules::STABLE }
      end

      # All have one number for each dump:
      #
      # +counts+::       how many objects there are
      # +kept+::         how many of them are in the next dump, too
      # +stayed+::       how many of them are in the dump before, too, and hold the same there
      # +stayed_twice+:: how many of them are in both dumps before, too
      def initialize(counts:, kept:, stayed:, stayed_twice:)
        @counts = counts
        @kept = kept
        @stayed = stayed
        @twice = stayed_twice
      end

      # For each dump from the second on: how many of its objects are in the dump before, too.
      def staying
        @stayed.drop(1)
      end

      def replaced?
        @counts.zip(@kept).first(@counts.size - 1).any? do |count, kept|
          count >= 2 && kept < Rules::KEPT * count
        end
      end

      # Whether some of the objects stay, more in each step, while most are replaced.
      def stays?
        steps = Steps.new(staying).all
        steps.any? && stay_on? &&
          steps.min >= [Rules::STAY_PER_STEP, Rules::STAY_EVEN * steps.max].max &&
          @counts.last - @counts[1] >= Rules::STAY_GROWTH * (staying.last - staying.first)
      end

      def surges?
        @counts.each_cons(2).all? do |before, after|
          after - before >= Rules::SURGE_OBJECTS && after - before >= Rules::SURGE * before
        end
      end

      def evenly?
        steps = @counts.each_cons(2).map { |before, after| after - before }
        steps.min * (steps.size - 1) >= Rules::EVEN_OBJECTS &&
          steps.max - steps.min <= Rules::EVEN * steps.max
      end

      private

      def stay_on?
        @twice.drop(2).zip(staying).all? { |twice, once| twice >= Rules::STAY_LONGER * once }
      end
    end
  end
end
