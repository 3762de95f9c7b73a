# frozen_string_literal: true

module HeapDump
  class BlockReport
    # The options of HeapDump.report, checked.
    class Options # :nodoc:
      THREADS = %i[all current].freeze
      MOST_RUNS = 1000
      MOST_FRAMES = 512
      FRAMES = 64 # of a stack, if it is not said how many
      private_constant :THREADS, :MOST_RUNS, :MOST_FRAMES, :FRAMES

      attr_reader :label, :warmup, :times

      def initialize(label: nil, warmup: 0, times: 1, threads: :all, stacks: false, retained: true)
        @label = label.nil? ? "block" : Terminal::Text.valid(String(label)).freeze
        @warmup = whole(:warmup, warmup, 0..MOST_RUNS)
        @times = whole(:times, times, 1..MOST_RUNS)
        @threads = one_of(:threads, threads, THREADS)
        @stacks = stacks == true ? FRAMES : stacks
        @stacks = whole(:stacks, @stacks, 2..MOST_FRAMES) if @stacks
        @retained = one_of(:retained, retained, [true, false])
        freeze
      end

      # How many frames of a stack are noted; 1 for places alone.
      def depth
        @stacks || 1
      end

      def one_thread?
        @threads == :current
      end

      def retained?
        @retained
      end

      private

      def whole(name, value, range)
        return value if value.is_a?(Integer) && range.cover?(value)

        raise ArgumentError, "#{name}: must be a whole number from #{range.begin} to " \
                             "#{range.end}, not #{value.inspect}"
      end

      def one_of(name, value, all)
        return value if all.include?(value)

        raise ArgumentError, "#{name}: must be #{all.map(&:inspect).join(" or ")}, " \
                             "not #{value.inspect}"
      end
    end
    private_constant :Options
  end
end
