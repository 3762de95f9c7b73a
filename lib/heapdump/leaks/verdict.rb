# frozen_string_literal: true

module HeapDump
  class Leaks
    # Decides by Rules whether growth is a leak, and how sure that is.
    #
    #   verdict = Verdict.new(counts: [0, 100, 200], retained: [0, 9000, 18000], series: series)
    #   verdict.leak?           # => true
    #   verdict.cleared_because # => nil
    #   verdict.confidence      # => "high"
    #   verdict.reasons         # => ["grew in every step"]
    class Verdict
      LEVELS = %w[low medium high].freeze

      attr_reader :confidence, :reasons, :cleared_because

      # +counts+, +retained+:: one number for each dump
      # +turnover+:: the Turnover of what is counted; nil if it is unknown
      # +named+:: whether the program holds it by a name
      # +unit+::  what is counted: see Suspect#unit
      # +fills+:: whether each object is the value of a variable that existed before
      # +lives_by+:: why it stays live if nothing of the program holds it, else nil
      # +doubts+:: what else speaks against a high confidence (Array of String)
      def initialize(counts:, retained:, series:, turnover: nil, named: true, unit: "objects",
                     fills: false, lives_by: nil, doubts: [])
        @counts = counts
        @retained = retained
        @series = series
        @turnover = turnover
        @named = named
        @unit = unit
        @fills = fills
        @lives_by = lives_by
        @more_doubts = doubts
        @all = Steps.new(counts, series.allocations)
        @steps = stays? ? Steps.new(turnover.staying) : @all
        judge
      end

      def leak?
        cleared_because.nil?
      end

      # The fields of the Suspect.
      def facts
        { confidence: confidence, reasons: reasons, cleared_because: cleared_because }
      end

      private

      attr_reader :steps

      def judge
        @cleared_because = clear
        top = several? ? 2 : 0
        level = [top - doubts.size, 0].max
        level = [level, 0].min if other_objects? && !even_for_long?
        @confidence = LEVELS[level]
        @reasons = [grown_words, *doubts, *cleared_because].freeze
      end

      def clear
        clear_by_holder || clear_by_numbers
      end

      def clear_by_holder
        return @lives_by if @lives_by
        return "no name of the program holds it, the VM alone does" unless @named

        "variables that were there are filled, once each" if @fills
      end

      def clear_by_numbers
        return ("too little for two dumps" if small?) unless several?
        return not_growing unless @all.grow? || stays?
        return "it grows less and less, as a cache that fills up does" if slowing?
        return "other objects each time: a number that goes up and down" if gauge?

        "so few that it may be chance" if chance?
      end

      def not_growing
        @all.falls? ? "a number that goes up and down" : "it has stopped growing"
      end

      # Whether there is more than one step.
      def several?
        @counts.size > 2
      end

      def grown_words
        return "grew between the dumps" unless several?
        return "what stays of it grows: #{@turnover.staying.join(" → ")}" if stays?

        return "grew in every step" unless steps.bursts?

        "grew in #{steps.grown.size} of #{steps.all.size} steps, and never fell"
      end

      def doubts
        @doubts ||= [
          ("only two dumps: a third would show whether a cache fills up" unless several?),
          *@more_doubts,
          ("few objects" if few?),
          ("it stood still in some steps" if steps.bursts?),
          ("at last it stood still, as what is full would" if steps.rests?),
          pace_doubt || ("the steps are uneven" if uneven?),
          ("its objects are replaced while their number grows" if replaced?),
          ("the dumps are doubtful, see the warnings" unless @series.sound?)
        ].compact
      end

      def pace_doubt
        return unless steps.grown.size > 1 && steps.slope < Rules::PACE

        "its pace falls: #{steps.grown.first} more at first, #{steps.grown.last} at last"
      end

      def uneven?
        steps.grown.size > 1 && steps.grown.min < Rules::UNEVEN * steps.grown.max
      end

      # Whether growth slows down, as that of a cache that fills up does: it slows down for equal
      # work, too.
      def slowing?
        return false unless steps.grown.size > 1

        content = %w[entries bytes].include?(@unit)
        content ? steps.slope <= Rules::SLOWER_CONTENT : steps.slope < Rules::SLOWER
      end

      def replaced?
        !@turnover.nil? && @turnover.replaced?
      end

      # Whether objects come and go, and some of them stay.
      def stays?
        (replaced? || @all.falls?) && !@turnover.nil? && @turnover.stays?
      end

      # Whether none of the objects stays, although there are more of them each time.
      def other_objects?
        replaced? && !stays?
      end

      # Whether it is a number that goes up and down, as of requests in flight, which may rise by
      # chance.
      def gauge?
        other_objects? && !@turnover.surges? && !@turnover.evenly?
      end

      # Whether growth was even for so many steps that it is hardly chance.
      def even_for_long?
        steps.all.size >= Rules::EVEN_STEPS && @turnover.evenly?
      end

      # Whether it may be chance: a few more objects that cannot be identified, or that came in
      # bursts, prove little.
      def chance?
        few? && (steps.bursts? || (@turnover.nil? && @unit == "objects"))
      end

      def few?
        @counts.last - @counts.first < Rules::SLOW && steps.grown.size < Rules::SLOW_STEPS &&
          @retained.last - @retained.first < Rules::FEW_BYTES
      end

      # Whether growth between two dumps is too small to be a leak.
      def small?
        bytes = @retained.last - @retained.first
        steps.all.first <= Rules::PAIR || (steps.all.first < Rules::FEW && bytes < Rules::FEW_BYTES)
      end
    end
  end
end
