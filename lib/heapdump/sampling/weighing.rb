# frozen_string_literal: true

module HeapDump
  class Sampling
    # How many objects a sample stands for. Each byte of slots is chosen with the same chance, so
    # that an object with a slot of n bytes is a sample with the chance p = 1 - exp(-n / every). It
    # then stands for 1/p objects and 1/p times its size (Horvitz and Thompson): the sums are right
    # on average, whatever the sizes are. The variance of a sum is estimated by that of each sample,
    # (1 - p) / p² times the square of its value.
    class Weighing # :nodoc:
      def initialize(every)
        @every = every.to_f
        @chances = Hash.new { |all, slot| all[slot] = 1 - Math.exp(-slot / @every) }
      end

      # The estimated sum (Integer) and its standard error (Integer) of pairs of a slot size and a
      # value.
      def sum(pairs)
        total = variance = 0.0
        pairs.each do |slot, value|
          chance = @chances[slot]
          total += value / chance
          variance += (1 - chance) * ((value / chance)**2)
        end
        [total.round, Math.sqrt(variance).round]
      end
    end
    private_constant :Weighing
  end
end
