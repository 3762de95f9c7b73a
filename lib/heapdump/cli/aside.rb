# frozen_string_literal: true

module HeapDump
  module CLI
    # What every Ruby process has, and who looks for memory does not want to see first: in one line.
    #
    #   Aside.of(snapshot).to_s # => "the VM's own 310.0 KiB, loaded code 4.1 MiB, stacks 5.0 MiB"
    class Aside
      WORDS = { vm: "the VM's own", code: "loaded code", stack: "stacks" }.freeze
      # Types of objects that are of no program.
      TYPES = %w[CLASS MODULE ICLASS IMEMO NODE].freeze

      # Of the whole dump, as Snapshot#top looks through it.
      def self.of(snapshot)
        _total, _nodes, sums = snapshot.graph.program_top(0, 0)
        new(WORDS.keys.zip(sums.each_slice(2)).to_h)
      end

      # True for a row of a Snapshot::Histogram by class or type that has nothing of the program.
      def self.row?(histogram, row)
        return TYPES.include?(row.key) if histogram.by == :type

        row.largest ? !row.largest.program? : row.key.nil?
      end

      # +sums+ are objects and bytes (Array of both) by kin.
      def initialize(sums)
        @sums = sums
      end

      def to_s
        WORDS.map { |kin, words| "#{words} #{Terminal::Units.bytes(@sums.fetch(kin).last)}" }
             .join(", ")
      end

      def to_h
        @sums.transform_values { |objects, bytes| { objects: objects, bytes: bytes } }
      end
    end
  end
end
