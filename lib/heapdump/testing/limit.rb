# frozen_string_literal: true

module HeapDump
  module Testing
    # How much of something there may be: an upper limit (Integer), or a Range.
    #
    #   Limit.new("objects", 10).kept?(7)      # => true
    #   Limit.new("bytes", 100..200).kept?(70) # => false
    class Limit # :nodoc:
      # "objects" or "bytes"
      attr_reader :unit

      # Raises ArgumentError for a limit that is neither.
      def initialize(unit, given)
        @unit = unit
        @range = given.is_a?(Integer) ? (0..given) : given
        return if @range.is_a?(Range) && [@range.begin, @range.end].compact.all?(Numeric)

        raise ArgumentError, "a limit of #{unit} is an Integer or a Range, not #{given.inspect}"
      end

      def kept?(number)
        @range.cover?(number)
      end

      # "at most 10 objects", "100..200 bytes"
      def words
        return "#{@range} #{unit}" unless [0, nil].include?(@range.begin)

        "at most #{Terminal::Units.count(@range.max)} #{unit}"
      end
    end
  end
end
