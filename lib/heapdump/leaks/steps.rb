# frozen_string_literal: true

module HeapDump
  class Leaks
    # By how much a number grew in each step, from one dump to the next.
    #
    #   steps = Steps.new([0, 0, 100, 100, 150])
    #   steps.all   # => [100, 0, 50]
    #   steps.grown # => [100, 50]
    #   steps.grow? # => true
    class Steps
      # The steps that count (Array of Integer): steps before the number first grew do not, because
      # a leak may begin late.
      attr_reader :all

      # +counts+:: the number in each dump
      # +work+::   how much work was done in each step, nil if that is unknown
      def initialize(counts, work = nil)
        first = [counts.take_while(&:zero?).size - 1, counts.size - 3].min.clamp(0, nil)
        @all = counts.drop(first).each_cons(2).map { |before, after| after - before }
        @work = work&.drop(first)
      end

      # The steps in which it grew.
      def grown
        all.select(&:positive?)
      end

      def falls?
        all.any?(&:negative?)
      end

      # Whether it stood still in some steps.
      def bursts?
        all.any?(&:zero?)
      end

      # Whether the number grows: it never falls, it grows in at least two steps (with two dumps, in
      # the only one), and at the end it does not stand still for longer than it did in between. At
      # the end it may also stand still in one step of five, because the process may have been idle.
      # The reader in C chooses by the same rule (hg_counts_grow).
      def grow?
        return false if falls? || grown.size < [all.size, 2].min

        at_last <= [in_between, grown.size / Rules::IDLE].max
      end

      # Whether the number stands still at the end for longer than it did in between.
      def rests?
        at_last > in_between
      end

      # The last growth as a part of the first one. If it is known how much work was done in both
      # steps, the same is computed for equal work, and the larger of the two values is returned.
      def slope
        first, last = all.each_index.select { |i| all[i].positive? }.values_at(0, -1)
        plain = all[last] / all[first].to_f
        return plain unless @work && @work[first].positive? && @work[last].positive?

        [plain, plain * @work[first] / @work[last]].max
      end

      private

      # The number of steps at the end in which it stood still.
      def at_last
        all.reverse.take_while(&:zero?).size
      end

      # The most steps in a row in which it stood still, after it first grew and before the end.
      def in_between
        runs = all.drop_while(&:zero?).slice_when { |a, b| a.zero? != b.zero? }
        runs.to_a[0...-1].filter_map { |run| run.size if run.first.zero? }.max.to_i
      end
    end
  end
end
