# frozen_string_literal: true

module HeapDump
  module Fleet
    # Least squares without negative factors: which factors, none below 0, explain numbers best as
    # sums of columns. Coordinate descent, which always comes nearer to the one minimum.
    module LeastSquares # :nodoc:
      MOST = 2_000 # rounds
      ENOUGH = 1e-9 # a change by less than this part of the largest factor is none
      private_constant :MOST, :ENOUGH

      module_function

      # +columns+:: an Array of Arrays of numbers, each as long as +sums+
      # Returns the factors (Array of Float), 0.0 for a column of zeros.
      def fit(columns, sums)
        squares = columns.map { |column| column.sum { |x| x * x } }
        factors = Array.new(columns.size, 0.0)
        left = sums.map(&:to_f)
        MOST.times do
          moved = columns.each_index.map { |j| move(j, columns[j], squares[j], factors, left) }.max
          break if moved.nil? || moved <= ENOUGH * factors.max
        end
        factors
      end

      # Sets one factor to where it is best, and returns how far it moved.
      def move(index, column, square, factors, left)
        return 0.0 if square.zero?

        before = factors[index]
        best = before + (column.each_index.sum { |i| column[i] * left[i] } / square)
        factors[index] = best.positive? ? best : 0.0
        step = factors[index] - before
        column.each_index { |i| left[i] -= step * column[i] } unless step.zero?
        step.abs
      end
      private_class_method :move

      # From -1 to 1; 0.0 if one of them never changes.
      def correlation(first, second)
        means = [first, second].map { |numbers| numbers.sum.to_f / numbers.size }
        pairs = first.zip(second).map { |x, y| [x - means[0], y - means[1]] }
        scale = Math.sqrt(pairs.sum { |x, _| x * x } * pairs.sum { |_, y| y * y })
        scale.zero? ? 0.0 : pairs.sum { |x, y| x * y } / scale
      end
    end
  end
end
