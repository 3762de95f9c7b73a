# frozen_string_literal: true

module HeapDump
  class Trends
    # What a line of numbers looks like.
    #
    #   shape = Shape.new([0, 10, 10, 30], axes)
    #   shape.growth # => 30
    #   shape.grown  # => [10, 20]
    class Shape # :nodoc:
      attr_reader :ys, :axes

      # +ys+:: numbers, at least four, without gaps
      # +axes+:: the Axes of the same dumps
      def initialize(ys, axes)
        @ys = ys
        @axes = axes
      end

      def size
        ys.size
      end

      def growth
        ys.last - ys.first
      end

      def range
        @range ||= ys.max - ys.min
      end

      def steps
        @steps ||= ys.each_cons(2).map { |before, after| after - before }
      end

      # The steps that are more than nothing.
      def grown
        @grown ||= steps.select { |step| step > rest }
      end

      # Whether it falls so little that it only grows.
      def only_grows?
        growth.positive? && -steps.select(&:negative?).sum <= Rules::FALLS * growth
      end

      # Whether it grows in most steps.
      def every_step?
        grown.size >= Rules::STEPS * steps.size
      end

      # Growth by the median slope over the whole time.
      def trend
        @trend ||= begin
          xs = axes.all.first
          xs ? Statistics.slope(xs, ys) * (xs.last - xs.first) : 0.0
        end
      end

      # The smallest number in each third of the dumps.
      def minima
        @minima ||= ys.each_with_index.group_by { |_, at| at * 3 / size }
                      .map { |_, third| third.map(&:first).min }
      end

      # Whether the low boundary rises.
      def low_rises?
        first, second, third = minima
        second.between?(first, third) &&
          third - first >= [Rules::LOW * [growth, trend].max, 1].max
      end

      # Whether it fell: the smallest number of the last third is the smallest of all.
      def low_falls?
        minima.last < minima.first
      end

      # The pace of the second half as a part of that of the first: the largest over all axes,
      # because growth may slow down in time and not for the work that was done.
      def pace_left
        @pace_left ||= axes.all.map { |xs| pace_left_by(xs) }.max || 0.0
      end

      def slowing?
        return false if pace_left >= Rules::CURVED
        return bursts_slow? if pace_left < Rules::SLOWER

        slower_each_quarter? && Filling.curved?(self)
      end

      # Whether it stands still at the end for so long as it would not by chance, because it grew in
      # most of the steps before.
      def stopped?
        return false unless only_grows? && at_last.positive?

        before = steps.size - at_last
        idle = 1 - ((grown.size + 1.0) / (before + 2))
        idle**at_last <= Rules::STOPPED
      end

      # The number of steps at the end in which it stood still although the process worked.
      def at_last
        xs = axes.work
        still = (steps.size - 1).downto(0).take_while { |at| steps[at] <= rest }
        xs ? still.count { |at| xs[at + 1] > xs[at] } : still.size
      end

      # The index from which on it grows: up to there it is flat. Where there are many dumps, the
      # first ones of steady growth lie near each other as well, so of these it takes twice as many.
      def start
        @start ||= begin
          room = Rules::FLAT * range
          last = ys.rindex { |number| number <= ys.min + room }
          near = ys.first(last + 1).all? { |number| number <= ys.min + (2 * room) }
          near && last > 2 * Rules::FLAT * steps.size ? last : 0
        end
      end

      private

      # A step up to this counts as none.
      def rest
        @rest ||= Rules::REST * [growth, 0].max / steps.size
      end

      def pace_left_by(numbers)
        middle = size / 2
        early, late = [0..middle, middle..].map { |part| pace(numbers[part], ys[part]) }
        return late.positive? ? Float::INFINITY : 0.0 unless early.positive?

        late / early
      end

      def pace(numbers, values)
        return Statistics.slope(numbers, values) unless only_grows?

        width = numbers.last - numbers.first
        width.positive? ? (values.last - values.first) / width.to_f : 0.0
      end

      def bursts_slow?
        return true if !only_grows? || every_step? || pace_left < Rules::MUCH_SLOWER

        middle = steps.size / 2
        Statistics.greater_chance(steps.first(middle), steps.drop(middle)) < Rules::SLOWER_BURSTS
      end

      def slower_each_quarter?
        return false if size < Rules::FEW_DUMPS

        axes.all.all? do |xs|
          marks = (0..4).map { |quarter| quarter * (size - 1) / 4 }
          paces = marks.each_cons(2).map { |from, to| pace(xs[from..to], ys[from..to]) }
          paces.each_cons(2).all? { |before, after| after < before }
        end
      end
    end
    private_constant :Shape
  end
end
