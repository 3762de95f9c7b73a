# frozen_string_literal: true

module HeapDump
  class Leaks
    # Whether growth is a leak, and how sure that is. Every threshold stands here.
    #
    #   verdict = Verdict.new(counts: [0, 100, 200], retained: [0, 9000, 18000], series: series)
    #   verdict.leak?      # => true
    #   verdict.confidence # => "high"
    #   verdict.reasons    # => ["grew in every step"]
    class Verdict
      LEVELS = %w[low medium high].freeze

      # Of two dumps: less than so many objects and bytes may be anything that happened once, and a
      # pair of objects always.
      FEW = 10
      PAIR = 2
      FEW_BYTES = 64 * 1024
      # The last step's growth, as a part of the first one's (both for as much work), below which
      # it looks like a cache that fills up.
      SLOWER = 0.25
      # So many of a dump's objects must be in the next one, or they are replaced all the time.
      KEPT = 0.5
      # What is replaced all the time grows only if each step adds so much of what there was, and so
      # many objects: anything less is a number that goes up and down.
      SURGE = 0.25
      SURGE_OBJECTS = 20
      # Growth by less than so many objects, all steps together, is told with less confidence.
      SLOW = 10
      # So does a step that grew by less than this part of the largest one.
      UNEVEN = 0.2

      attr_reader :confidence, :reasons

      # +counts+, +retained+:: by dump
      # +kept+:: how many objects of a dump the next one has as well; nil where nobody knows
      # +named+:: whether a name of the program holds it
      # +unit+::  what is counted
      # +fills+:: whether each of them is the value of a variable that was there before
      def initialize(counts:, retained:, series:, kept: nil, named: true, unit: "objects",
                     fills: false)
        @counts = counts
        @retained = retained
        @series = series
        @kept = kept
        @named = named
        @unit = unit
        @fills = fills
        @reasons = []
        judge
      end

      def leak?
        @leak
      end

      private

      def judge
        @reasons << (steps.size > 1 ? "grew in every step" : "grew between the dumps")
        @leak = !fills? && (steps.size > 1 ? !slowing? && !gauge? && !chance? : !small?)
        level = doubts.size
        top = steps.size > 1 ? 2 : 0
        @confidence = LEVELS[[top - level, 0].max]
        @reasons.concat(doubts)
        @reasons.freeze
      end

      # A leak may begin late.
      def steps
        @steps ||= begin
          first = @counts.rindex(&:zero?).to_i
          counted = @counts.drop([first, @counts.size - 2].min)
          counted.each_cons(2).map { |before, after| after - before }
        end
      end

      def doubts
        @doubts ||= [
          ("only two dumps: a third would tell a leak from what fills up" if steps.size == 1),
          ("few objects" if few?),
          ("the steps are uneven" if steps.min < UNEVEN * steps.max),
          ("its objects are replaced while their number grows" if replaced?),
          ("no name of the program holds it" unless @named),
          ("the dumps are doubtful, see the warnings" unless @series.sound?)
        ].compact
      end

      def fills?
        @reasons << "variables that were there are filled, once each" if @fills
        @fills
      end

      # A cache that fills up grows less and less. How much was done in a step is told by how many
      # objects were allocated in it.
      def slowing?
        first, last = steps.values_at(0, -1)
        return false unless last < SLOWER * first

        work = @series.allocations
        slower = work.nil? || !work.values_at(0, -1).all?(&:positive?) ||
                 last / work.last.to_f < SLOWER * first / work.first
        @reasons << "it grows less and less, as a cache that fills up does" if slower
        slower
      end

      # A number that goes up and down, as requests in flight do, may happen to rise.
      def gauge?
        return false unless replaced?

        surge = @counts.each_cons(2).all? do |before, after|
          after - before >= SURGE_OBJECTS && after - before >= SURGE * before
        end
        @reasons << "other objects each time: a number that goes up and down" unless surge
        !surge
      end

      # A few objects more that nobody can tell from others, or that no name holds, say little.
      def chance?
        chance = few? && (!@named || (@kept.nil? && @unit == "objects"))
        @reasons << "too few to tell from chance" if chance
        chance
      end

      def few?
        @counts.last - @counts.first < SLOW && steps.size < 4 &&
          @retained.last - @retained.first < FEW_BYTES
      end

      def replaced?
        return false unless @kept

        @counts.zip(@kept).first(@counts.size - 1).any? do |count, kept|
          count >= 2 && kept < KEPT * count
        end
      end

      # What two dumps tell is less than a leak if it is small.
      def small?
        bytes = @retained.last - @retained.first
        small = steps.first <= PAIR || (steps.first < FEW && bytes < FEW_BYTES)
        @reasons << "too little for two dumps" if small
        small
      end
    end
  end
end
