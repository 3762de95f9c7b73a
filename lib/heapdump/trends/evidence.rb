# frozen_string_literal: true

module HeapDump
  class Trends
    # Why the growth of a line is no chance. There are two kinds of chance: numbers that are
    # independent of each other, and numbers that go up and down from where they were.
    class Evidence # :nodoc:
      # +level+:: how probable chance may be
      # +least+:: growth by less is no leak
      # +bursts+:: whether growth in bursts counts
      def initialize(shape, level, least:, bursts: true)
        @shape = shape
        @level = level
        @least = least
        @bursts = bursts
      end

      # The reason (String); nil if it may be chance.
      def reason
        return if shape.growth.positive? == false && shape.trend <= 0

        steady || in_bursts || beside_noise
      end

      # Whether it rose, by a level that is not strict.
      def rose?
        shape.growth.positive? && (shape.only_grows? || by_rank(inflation) <= Rules::ROSE)
      end

      private

      attr_reader :shape, :level

      def steady
        return if walk > Rules::WALK

        line = least { |xs| Statistics.line_chance(xs, shape.ys) }
        return unless shape.every_step? ? [by_rank, line].min <= level : line <= level / 100

        "it grew in #{shape.grown.size} of #{shape.steps.size} steps"
      end

      def in_bursts
        return unless enough_for_bursts? && shape.only_grows?

        moved = shape.grown.size + shape.steps.count(&:negative?)
        return if shape.grown.size < Rules::BURSTS || by_rank > level
        return if Statistics.sign_chance(shape.grown.size, moved) > Rules::BURSTS_WALK

        "it grew in #{shape.grown.size} of #{shape.steps.size} steps, in bursts, and did not fall"
      end

      def enough_for_bursts?
        @bursts && shape.size >= Rules::FEW_DUMPS &&
          shape.growth >= Rules::BURSTS_GROWTH * @least
      end

      def beside_noise
        return if shape.size < Rules::NOISE_DUMPS || by_rank(inflation) > Rules::NOISE_LEVEL * level
        return unless returns? || walk <= Rules::WALK

        "beside what goes up and down, it rises" if shape.trend.positive?
      end

      # Whether it comes back to its slope each time, as numbers that are independent do: what it
      # rises too much in one step, it falls in the next.
      def returns?
        Statistics.autocorrelation(shape.steps) <= Rules::RETURNS
      end

      # The chance that it is a walk by chance.
      def walk
        @walk ||= least { |xs| Statistics.drift_chance(xs, shape.ys) }
      end

      # The chance of the order of the numbers.
      def by_rank(inflation = 1.0)
        @score ||= Statistics.kendall(shape.ys)
        Statistics.trend_chance(@score, shape.size, inflation)
      end

      # By how much less the numbers say because each is like the one before.
      def inflation
        (1 + alike) / (1 - alike)
      end

      # How much each number is like the one before, without their slope, from 0 to 0.95. What is
      # left of a few numbers looks less alike than it is, so a part is added.
      def alike
        @alike ||= begin
          xs = shape.axes.all.first || []
          slope = Statistics.slope(xs, shape.ys)
          rest = xs.zip(shape.ys).map { |x, y| y - (slope * x) }
          found = rest.empty? ? 0.0 : Statistics.autocorrelation(rest)
          (found + ((2 + (4 * found)) / shape.size)).clamp(0, 0.95)
        end
      end

      # The least chance over the axes, of which each is a try more.
      def least(&)
        all = shape.axes.all
        all.empty? ? 1.0 : all.map(&).min * all.size
      end
    end
    private_constant :Evidence
  end
end
