# frozen_string_literal: true

module HeapDump
  class Trends
    # Decides by Rules what a line of numbers is.
    #
    #   judge = Judge.new([0, 100, 200, 300, 400], axes, least: 10, level: 0.0001)
    #   judge.judgement.verdict # => :leak
    class Judge # :nodoc:
      # verdict:: :leak, :slow, :fast, :static or :unknown
      # reasons:: Array of String
      # since::   the index of the dump after which it grows, for a leak
      # ending::  where it ends if it fills up (Filling::Ending), nil if it cannot be told
      Judgement = Struct.new(:verdict, :reasons, :since, :ending)

      # +values+:: one number for each dump, nil where there is none
      # +least+:: growth by less is no leak
      # +level+:: how probable chance may be
      def initialize(values, axes, least:, level:, warm: true)
        @at = values.each_index.select { |index| values[index] }
        @shape = Shape.new(values.values_at(*@at), axes.at(@at))
        @time = axes.enough_time?
        @least = least
        @level = level
        @warm = warm
      end

      def judgement
        return not_enough if shape.size < Rules::DUMPS
        return too_soon unless @time
        return static if shape.range < least

        leak || (static if still?) || slow || undecided || fast
      end

      private

      attr_reader :shape, :least, :level

      def judged(verdict, *reasons, since: nil, ending: nil)
        Judgement.new(verdict, reasons.freeze, since, ending).freeze
      end

      def not_enough
        judged(:unknown, "there are #{shape.size} dumps that have it, and " \
                         "#{Rules::DUMPS} are needed")
      end

      def too_soon
        judged(:unknown, "all dumps were taken within a second, in which hardly anything but the " \
                         "dumps can have happened")
      end

      def static
        judged(:static, shape.range.zero? ? "it is the same in all dumps" : "it hardly moves")
      end

      def still?
        shape.range <= Rules::STATIC * Statistics.median(shape.ys)
      end

      def leak
        steady_leak || late_leak
      end

      def steady_leak
        return if [shape.growth, shape.trend].max < least || !shape.low_rises?
        return if shape.stopped?
        return after_warm_up if shape.slowing?

        reason = evidence.reason or return
        before = shape.start > 1
        judged(:leak, reason, *pace_words, "its low boundary rises", *(if before
                                                                         "it was flat before"
                                                                       end),
               since: @at[before ? shape.start : 0])
      end

      def pace_words
        return if shape.pace_left.infinite?

        format("the pace of its second half is %d %% of that of the first",
               (100 * shape.pace_left).round)
      end

      def late_leak
        return if shape.start < 2 || shape.size - shape.start < Rules::AFTER

        later = part(shape.start, warm: @warm)
        judged(:leak, *later.reasons, "it was flat before", since: later.since) if leak?(later)
      end

      def after_warm_up
        return unless @warm

        at = Filling.bend(shape) or return
        later = part(at, warm: false)
        judged(:leak, *later.reasons, "it grew faster before", since: later.since) if leak?(later)
      end

      def leak?(judgement)
        judgement.verdict == :leak
      end

      # The judgement about the dumps from an index on, which is a try more.
      def part(index, warm:)
        values = [*Array.new(index), *shape.ys.drop(index)]
        found = Judge.new(values, shape.axes, least: least, level: level / 2, warm: warm).judgement
        found.since ? Judgement.new(*found.to_a[0, 2], @at[found.since], found.ending) : found
      end

      def evidence
        @evidence ||= Evidence.new(shape, level, least: least, bursts: @warm)
      end

      def slow
        return unless evidence.rose? && shape.low_rises?

        if shape.grown.one? then judged(:slow, "it grew in one step", ending: at_end)
        elsif shape.stopped?
          judged(:slow, "it stood still in the last #{shape.at_last} steps", ending: at_end)
        elsif shape.slowing?
          judged(:slow, *pace_words, ending: Filling.ending(shape))
        end
      end

      def at_end
        Filling::Ending.new(*[shape.ys.last.to_f] * 3)
      end

      # What rises, in too few dumps for more.
      def undecided
        return unless shape.size < Rules::FEW_DUMPS && shape.only_grows? && shape.every_step?

        judged(:unknown, "it grew in #{shape.grown.size} of #{shape.steps.size} steps, which may " \
                         "be chance; #{Rules::FEW_DUMPS} dumps will tell")
      end

      def fast
        return judged(:fast, "it fell") if shape.growth <= -least && shape.low_falls?
        return judged(:fast, "it goes up and down") unless shape.growth >= least
        return judged(:fast, "it goes up and down; that it rose may be chance") unless
          shape.only_grows?

        judged(:slow, "it grew, but not as a leak does", ending: nil)
      end
    end
    private_constant :Judge
  end
end
