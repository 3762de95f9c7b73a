# frozen_string_literal: true

module HeapDump
  class Trends
    # Where growth that slows down would end: the curve of what fills up, end - room * e ** (-x /
    # t), that lies nearest to the numbers.
    #
    #   Filling.ending(shape) # => #<struct low=980.2, likely=1003.7, high=1041.9>
    module Filling # :nodoc:
      Ending = Struct.new(:low, :likely, :high)
      Curve = Struct.new(:squares, :ending, :time)

      # Times, as parts of the whole width, that are tried.
      TIMES = Array.new(41) { |at| 0.04 * (2**(at / 6.0)) }.freeze
      # Curves whose squares are up to so many times the least are as good.
      ALIKE = 4.0
      private_constant :Curve, :TIMES, :ALIKE

      module_function

      # The Ending of a Shape; nil if it cannot be told.
      def ending(shape)
        curves = curves(shape) or return
        best = curves.min_by(&:squares)
        return if best.time >= TIMES.last

        near = curves.select { |one| one.squares <= alike(best, shape) }.map(&:ending)
        farthest = shape.ys.last + (Rules::FAR * shape.range)
        return if near.max > farthest || best.ending <= shape.ys.first

        Ending.new(*[near.min, best.ending, near.max].map { |end_| [end_, shape.ys.max].max })
      end

      # Whether it lies on such a curve much better than on a line.
      def curved?(shape)
        best = curves(shape)&.min_by(&:squares) or return false

        best.time < 1 && best.squares <= Rules::CURVED_FIT * line(shape)
      end

      # The index at which a line with one bend has it, if that lies much nearer to the numbers than
      # a curve, and goes on to rise after it; else nil.
      def bend(shape)
        xs = shape.axes.all.last or return
        curve = curves(shape).min_by(&:squares).squares
        at = (2..(shape.size - Rules::AFTER)).min_by { |index| bent(xs, shape.ys, index) } or return

        at if bent(xs, shape.ys, at) <= Rules::BENT_FIT * curve
      end

      class << self
        private

        def curves(shape)
          xs = shape.axes.all.last or return
          width = (xs.last - xs.first).to_f
          TIMES.map do |time|
            bends = xs.map { |x| Math.exp(-(x - xs.first) / (time * width)) }
            squares, ending = fit(bends, shape.ys)
            Curve.new(squares, ending, time)
          end
        end

        def alike(best, shape)
          least = (shape.range * 0.001)**2
          [best.squares, least].max * (1 + (ALIKE / [shape.size - 3, 1].max))
        end

        def line(shape)
          fit(shape.axes.all.last, shape.ys).first
        end

        # Two lines that meet at a point of the numbers, as far as each fits alone.
        def bent(numbers, values, index)
          [0..index, index..].sum { |part| fit(numbers[part], values[part]).first }
        end

        # Squares, and the value at 0, of the line through the points that lies nearest to them.
        def fit(numbers, values)
          mean_x, mean_y = [numbers, values].map { |all| all.sum(0.0) / all.size }
          width = numbers.sum { |x| (x - mean_x)**2 }
          both = numbers.zip(values).sum { |x, y| (x - mean_x) * (y - mean_y) }
          slope = width.positive? ? both / width : 0.0
          zero = mean_y - (slope * mean_x)
          [numbers.zip(values).sum { |x, y| (y - zero - (slope * x))**2 }, zero]
        end
      end
    end
    private_constant :Filling
  end
end
