# frozen_string_literal: true

module HeapDump
  class Leaks
    # How the size of something grew, which has one number of bytes for each dump (Array of
    # Integer).
    #
    #   Sizes.growth([2_800_000, 3_900_000, 5_000_000])      # => 2200000
    #   Sizes.every_time?([2_800_000, 3_900_000, 3_900_000]) # => false
    module Sizes # :nodoc:
      module_function

      # By how much it grew from the first dump to the last.
      def growth(bytes)
        bytes.last - bytes.first
      end

      # Whether each dump has more than the one before.
      def every_time?(bytes)
        bytes.each_cons(2).all? { |before, after| after > before }
      end

      # Whether it grew in every step, by a part of the first that is worth a word.
      def grew?(bytes)
        every_time?(bytes) && growth(bytes) >= Rules::SILENT_PART * bytes.first
      end
    end
    private_constant :Sizes
  end
end
