# frozen_string_literal: true

module HeapDump
  class Snapshot
    # What every Ruby process has, summed up in one line, because it is not what somebody who looks
    # for a leak wants to see first.
    #
    #   Aside.of(snapshot).to_s # => "the VM's own 310.0 KiB, loaded code 4.1 MiB, stacks 5.0 MiB"
    class Aside # :nodoc:
      WORDS = { vm: "the VM's own", code: "loaded code", stack: "stacks",
                tracing: "table of traced allocations" }.freeze
      # Not every process has it.
      RARE = :tracing
      # Types of objects that the VM makes, not the program.
      TYPES = %w[CLASS MODULE ICLASS IMEMO NODE].freeze

      # The sums for the whole dump: what Snapshot#top leaves out with <tt>program: true</tt>.
      def self.of(snapshot)
        _total, _nodes, sums = snapshot.graph.program_top(0, 0)
        new(WORDS.keys.zip(sums.each_slice(2)).to_h)
      end

      # True for a row of a Snapshot::Histogram by class or type that has no objects of the program.
      def self.row?(histogram, row)
        return TYPES.include?(row.key) if histogram.by == :type

        row.largest ? !row.largest.program? : row.key.nil?
      end

      # +sums+ has for each kin an Array of two: the number of objects and the sum of their sizes.
      def initialize(sums)
        @sums = sums
      end

      def to_s
        shown = WORDS.reject { |kin, _| kin == RARE && @sums.fetch(kin).first.zero? }
        shown.map { |kin, words| "#{words} #{Terminal::Units.bytes(@sums.fetch(kin).last)}" }
             .join(", ")
      end

      # The sum of all sizes.
      def bytes
        @sums.values.sum(&:last)
      end

      def to_h
        @sums.transform_values { |objects, bytes| { objects: objects, bytes: bytes } }
      end
    end
  end
end
