# frozen_string_literal: true

module HeapDump
  class Trends
    # What the verdicts need of statistics. Nothing here knows what a heap is. +xs+ and +ys+ are
    # Arrays of numbers of the same size, +xs+ rises.
    #
    #   Statistics.slope([0, 1, 2, 3], [5, 7, 9, 400]) # => 2.0
    module Statistics # :nodoc:
      EXACT = 60 # with more numbers than this, the distribution of Kendall's S is nearly normal
      # With more numbers than this, only some pairs make the slope: those that are far apart.
      ALL_PAIRS = 40
      PAIRS = 600 # so many, or fewer
      private_constant :EXACT, :ALL_PAIRS, :PAIRS

      module_function

      def median(values)
        sorted = values.sort
        middle = sorted.size / 2
        sorted.size.odd? ? sorted[middle].to_f : (sorted[middle - 1] + sorted[middle]) / 2.0
      end

      # The median of the slopes between all pairs of points (Theil and Sen): a few points that lie
      # elsewhere do not change it. (That Kendall's S is no chance means the same as that the range
      # of this slope, at the same level, is above 0.)
      def slope(xs, ys)
        return 0.0 if ys.minmax.uniq.one?

        slopes = slopes(xs, ys)
        slopes.empty? ? 0.0 : median(slopes)
      end

      # Kendall's S of the numbers in their order: the pairs that rise, less those that fall.
      def kendall(ys)
        ys.each_with_index.sum do |before, at|
          sum = 0
          (at + 1).upto(ys.size - 1) { |later| sum += ys[later] <=> before }
          sum
        end
      end

      # How probable it is that numbers without a trend have such an S or a greater one (Mann and
      # Kendall), if each number is independent of the others. +inflation+ is by how much the
      # variance of S is greater because they are not. Equal numbers make a small result greater.
      def trend_chance(score, size, inflation = 1.0)
        return exact(score, size) if inflation <= 1 && size <= EXACT

        normal_chance((score - 1) / Math.sqrt(variance(size) * inflation))
      end

      # How strongly each number is like the one before it, from -1 to 1.
      def autocorrelation(values)
        mean = values.sum(0.0) / values.size
        around = values.map { |value| value - mean }
        squares = around.sum { |value| value * value }
        return 0.0 unless squares.positive?

        around.each_cons(2).sum { |before, after| before * after } / squares
      end

      # How probable it is that points without a slope lie as well on a line that rises.
      def line_chance(xs, ys)
        return 1.0 if xs.size < 3

        x, y = [xs, ys].map { |all| deviations(all) }
        xx, yy, xy = [[x, x], [y, y], [x, y]].map { |a, b| a.zip(b).sum { |p, q| p * q } }
        return 1.0 unless xy.positive?

        share = (xy * xy / (xx * yy)).clamp(0, 1)
        student_chance(Math.sqrt(share * (xs.size - 2) / [1 - share, Float::EPSILON].max),
                       xs.size - 2)
      end

      # How probable it is that a number which goes up and down by chance from where it was (a
      # random walk) rises as evenly from the first point to the last.
      def drift_chance(xs, ys)
        steps = steps(xs, ys)
        width, rise = steps.transpose.map(&:sum)
        return 1.0 unless steps.size > 1 && rise.positive?

        pace = rise / width.to_f
        variance = steps.sum { |x, y| ((y - (pace * x))**2) / x } / (steps.size - 1)
        least = Float::EPSILON * rise * rise / width
        student_chance(rise / Math.sqrt([variance, least].max * width), steps.size - 1)
      end

      # How probable it is that the mean of some numbers is as much greater than that of others by
      # chance (Welch).
      def greater_chance(some, others)
        parts = [some, others].map do |all|
          mean = all.sum(0.0) / all.size
          [mean, all.sum { |value| (value - mean)**2 } / [all.size - 1, 1].max / all.size]
        end
        (first, noise), (second, more_noise) = parts
        spread = noise + more_noise
        return first > second ? 0.0 : 1.0 unless spread.positive?

        student_chance((first - second) / Math.sqrt(spread), [some.size, others.size].min)
      end

      # How probable a value of Student's t or a greater one is, with so many degrees of freedom.
      def student_chance(value, freedom)
        angle = Math.atan(value / Math.sqrt(freedom))
        square = Math.cos(angle)**2
        odd = freedom.odd?
        term = odd ? Math.cos(angle) : 1.0
        sum = freedom == 1 ? 0.0 : term
        (odd ? 3 : 2).step(freedom - 2, 2) { |at| sum += (term *= square * (at - 1) / at) }
        inside = Math.sin(angle) * sum
        inside = (angle + inside) * 2 / Math::PI if odd
        ((1 - inside) / 2).clamp(0, 1)
      end

      def normal_chance(deviations)
        Math.erfc(deviations / Math.sqrt(2)) / 2
      end

      # How probable it is that so many of +all+ or more rise, if each rises as often as it falls.
      def sign_chance(rising, all)
        ways = 1
        sum = 0
        (0..all).each do |number|
          sum += ways if number >= rising
          ways = ways * (all - number) / (number + 1)
        end
        sum / (2.0**all)
      end

      class << self
        private

        def slopes(numbers, values)
          lags(numbers.size).flat_map do |lag|
            (0...(numbers.size - lag)).filter_map do |at|
              width = numbers[at + lag] - numbers[at]
              (values[at + lag] - values[at]) / width.to_f if width.positive?
            end
          end
        end

        # How far apart pairs of points are that make the slope.
        def lags(size)
          return 1...size if size <= ALL_PAIRS

          least = size / 3
          pairs = (size - least) * (size - least) / 2
          (least...size).step((pairs / PAIRS) + 1)
        end

        # The steps from one point to the next, as [x, y], but those of no width: what they rise is
        # part of the step after them, or lost at the end.
        def steps(numbers, values)
          from = 0
          (1...numbers.size).filter_map do |to|
            next unless numbers[to] > numbers[from]

            step = [numbers[to] - numbers[from], values[to] - values[from]]
            from = to
            step
          end
        end

        def deviations(values)
          mean = values.sum(0.0) / values.size
          values.map { |value| value - mean }
        end

        # The variance of Kendall's S without ties.
        def variance(size)
          size * (size - 1) * ((2 * size) + 5) / 18.0
        end

        def exact(score, size)
          all = orders(size)
          most = size * (size - 1) / 2 # the S of numbers that only rise
          falls = ((most - score + 1) / 2).clamp(-1, all.size - 1)
          falls.negative? ? 0.0 : all.first(falls + 1).sum.fdiv(all.sum)
        end

        # How many orders of so many different numbers have 0, 1, 2 … pairs that fall.
        def orders(size)
          @orders ||= { 1 => [1] }
          @orders[size] ||= begin
            before = orders(size - 1)
            window = 0
            Array.new(before.size + size - 1) do |falls|
              window += before[falls] || 0
              window -= before[falls - size] if falls >= size
              window
            end
          end
        end
      end
    end
    private_constant :Statistics
  end
end
