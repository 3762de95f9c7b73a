# frozen_string_literal: true

module HeapDump
  module Html
    # A line over the dumps of a series as SVG. It begins at 0, so that its height shows the number
    # itself; lines of different processes are not joined.
    #
    #   Chart.new([1076, 1377, 1704], words: "1,076 → 1,377 → 1,704 objects").markup
    class Chart
      WIDTH = 240
      HEIGHT = 48
      ROOM = 4 # around the line
      POINTS = 200 # at most; of more dumps only some are drawn
      DOTS = 40 # with more points they are not drawn as dots

      Template.define(self, :markup, "chart")

      # +numbers+:: one for each dump, nil where it is unknown
      # +words+::   what the line shows, for those who do not see it
      # +places+::  where each number lies between the first and the last: any rising numbers;
      #             without them all distances are equal
      # +groups+::  what must be equal for two numbers to be joined
      def initialize(numbers, words:, places: nil, groups: nil)
        @numbers = numbers
        @words = words
        @places = places || numbers.each_index.to_a
        @groups = groups || numbers.map { nil }
      end

      private

      attr_reader :words

      # Lists of points, each one line: [[x, y], …]
      def lines
        @lines ||= shown.slice_when { |a, b| @groups[a] != @groups[b] }
                        .map { |group| group.map { |index| [x(index), y(index)] } }
      end

      def dots
        shown.size > DOTS ? [] : lines.flatten(1)
      end

      # The indexes of the points, evenly spread if there are too many.
      def shown
        known = @numbers.each_index.select { |index| @numbers[index] }
        return known if known.size <= POINTS

        Array.new(POINTS) { |i| known[i * (known.size - 1) / (POINTS - 1)] }
      end

      def x(index)
        span = @places.last - @places.first
        share = span.positive? ? (@places[index] - @places.first).fdiv(span) : 0.5
        (ROOM + (share * (WIDTH - (2 * ROOM)))).round(1)
      end

      def y(index)
        most = [@numbers.compact.max, 1].max
        (HEIGHT - ROOM - (@numbers[index].fdiv(most) * (HEIGHT - (2 * ROOM)))).round(1)
      end
    end
  end
end
