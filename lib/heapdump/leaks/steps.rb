# frozen_string_literal: true

module HeapDump
  class Leaks
    # By how much a number grew from dump to dump.
    #
    #   steps = Steps.new([0, 0, 100, 100, 150])
    #   steps.all   # => [100, 0, 50]
    #   steps.grown # => [100, 50]
    #   steps.grow? # => true
    class Steps
      # Those that count: a leak may begin late (Array of Integer).
      attr_reader :all

      # +counts+:: by dump
      # +work+::   how much was done in each step, nil where nobody knows
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

      # Whether it grows: it never falls, and grows in two steps at least (of two dumps in the one),
      # and at the end it does not stand still for longer than it did in between; the process may
      # have been idle for one step of five. The reader in C chooses by the same rule
      # (hg_counts_grow).
      def grow?
        return false if falls? || grown.size < [all.size, 2].min

        at_last <= [in_between, grown.size / Rules::IDLE].max
      end

      # Whether it stands still at the end for longer than it did in between.
      def rests?
        at_last > in_between
      end

      # The last growth as a part of the first one; of the two figures, with and without regard to
      # how much was done meanwhile, the larger.
      def slope
        first, last = all.each_index.select { |i| all[i].positive? }.values_at(0, -1)
        plain = all[last] / all[first].to_f
        return plain unless @work && @work[first].positive? && @work[last].positive?

        [plain, plain * @work[first] / @work[last]].max
      end

      private

      # In how many steps it stood still at the end.
      def at_last
        all.reverse.take_while(&:zero?).size
      end

      # In how many it did so at once in between, at most.
      def in_between
        runs = all.drop_while(&:zero?).slice_when { |a, b| a.zero? != b.zero? }
        runs.to_a[0...-1].filter_map { |run| run.size if run.first.zero? }.max.to_i
      end
    end
  end
end
