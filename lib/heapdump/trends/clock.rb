# frozen_string_literal: true

module HeapDump
  class Trends
    # How much time went by from dump to dump. Clocks are set forward, as in a machine that starts
    # with none, and set back; and a process that is stopped does nothing. Such time would hide
    # growth, or make what fills up look as if it became faster.
    #
    #   Clock.new(dumps).hours # => [0.0, 1.0, 2.0]
    class Clock # :nodoc:
      include Rates

      WORDS = "between %s and %s %s went by, by the clock, %s: the clock was set forward, or the " \
              "process stood still; this time does not count"
      WHY = { true => "in which hardly anything was allocated",
              false => "which is more than #{Rules::HOLE_UNCOUNTED} times as long as between " \
                       "others" }.freeze
      SOON = "all dumps were taken within %s: what grows in so short a time may soon stop, and " \
             "what is said to grow in an hour is a guess"
      private_constant :WORDS, :WHY, :SOON

      # +dumps+:: those of a series, in their order
      def initialize(dumps)
        @dumps = dumps
        @allocated = dumps.map(&:allocated)
        # A clock that was set back adds nothing to the time.
        @steps = dumps.each_cons(2).map do |before, after|
          [(after.time - before.time) / 3600.0, 0].max
        end
        @usual = @steps.sort[@steps.size / 2].to_f
      end

      # Hours since the first dump (Array of Float), without those that did not go by.
      def hours
        at = 0.0
        [at, *@steps.each_with_index.map { |step, index| at += idle.include?(index) ? 0 : step }]
      end

      # As Series#gaps.
      def gaps
        holes.map { |index| index + 1 }
      end

      # Array of String.
      def warnings
        [*soon, *stopped]
      end

      private

      def soon
        span = hours.last
        return unless span < Rules::SOON && span >= Rules::SPAN

        format(SOON, duration(span))
      end

      def stopped
        idle.map do |index|
          names = @dumps[index, 2].map { |dump| File.basename(dump.path) }
          format(WORDS, *names, duration(@steps[index]), WHY.fetch(counted?))
        end
      end

      # The indexes of steps before which dumps are missing.
      def holes
        return [] unless @usual.positive?

        @holes ||= @steps.each_index.select { |index| @steps[index] > Rules::HOLE * @usual }
      end

      def idle
        @idle ||= holes.select do |index|
          next @steps[index] > Rules::HOLE_UNCOUNTED * @usual unless counted?

          allocated(index) < Rules::IDLE * pace * @steps[index]
        end
      end

      def counted?
        @allocated.all?
      end

      def allocated(index)
        @allocated[index + 1] - @allocated[index]
      end

      # How many objects it usually allocates in an hour.
      def pace
        @pace ||= Statistics.median(@steps.each_index.select { |index| @steps[index].positive? }
                                          .map { |index| allocated(index) / @steps[index] })
      end
    end
    private_constant :Clock
  end
end
