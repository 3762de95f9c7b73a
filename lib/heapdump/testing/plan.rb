# frozen_string_literal: true

module HeapDump
  module Testing
    # How often a block runs, and how often the heap is dumped. Frozen.
    #
    #   plan = Plan.new(dumps: 3)
    #   plan.loops  # => 2
    #   plan.rounds # => 2
    class Plan
      MOST = 1_000_000 # times
      private_constant :MOST

      # How often the block runs before the first dump, how often between two dumps; the most dumps.
      attr_reader :warmup, :loops, :dumps

      # What is not given is as in the Settings. Raises ArgumentError for numbers with which nothing
      # could be found.
      def initialize(warmup: nil, loops: nil, dumps: nil)
        settings = Testing.settings
        @warmup = number("warmup", warmup || settings.warmup, 0..MOST)
        @loops = number("loops", loops || settings.loops, 1..MOST)
        @dumps = number("dumps", dumps || settings.dumps, 2..Leaks::MOST_DUMPS)
        freeze
      end

      # How many rounds there are: each runs the block #loops times, and ends with a dump.
      def rounds
        dumps - 1
      end

      private

      def number(name, given, range)
        return given if given.is_a?(Integer) && range.cover?(given)

        raise ArgumentError, "#{name} is an Integer from #{range.begin} to #{range.end}, " \
                             "not #{given.inspect}"
      end
    end
  end
end
