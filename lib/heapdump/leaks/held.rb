# frozen_string_literal: true

module HeapDump
  class Leaks
    # What all held objects need, dump by dump, and whether that is growth to explain.
    #
    #   held = Held.new([2_800_000, 3_900_000, 5_000_000])
    #   held.grew?  # => true
    #   held.growth # => 2200000
    class Held # :nodoc:
      # The sum of the sizes of all held objects, for each dump (Array of Integer).
      attr_reader :bytes

      def initialize(bytes)
        @bytes = bytes.freeze
        freeze
      end

      # By how much it grew from the first dump to the last.
      def growth
        bytes.last - bytes.first
      end

      # Whether it grew in every step, by a part of the first that is worth a word.
      def grew?
        bytes.each_cons(2).all? { |before, after| after > before } &&
          growth >= Rules::SILENT_PART * bytes.first
      end
    end
  end
end
