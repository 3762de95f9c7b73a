# frozen_string_literal: true

module HeapDump
  module Testing
    # Runs a block in rounds, with a dump after each, until nothing grows or the plan is done.
    #
    #   rounds = Rounds.new(Plan.new, Folder.new("visit"))
    #   rounds.run(-> { visit }) { |grown| grown } # => [#<HeapDump::Testing::Grown …>]
    #   rounds.done                                # => 4
    #
    # What it remembers during the rounds it has in variables of its own, because objects of
    # HeapDump and what they hold do not count as growth of the program.
    class Rounds # :nodoc:
      # How many rounds there were.
      attr_reader :done

      def initialize(plan, folder)
        @plan = plan
        @folder = folder
        @results = []
        @seconds = { dumping: 0.0, reading: 0.0 }
        @done = 0
        @accused = nil
        Comparison.prepare
      end

      # Calls +work+. After each round the block gets what has grown in every round so far (Array of
      # Grown), and returns that of it which is accused; if that is none, the rounds end. Returns
      # what the block returned at last.
      #
      # All dumps are taken in the same frames, the first one, too: the variables of these may be
      # what holds the work, and so the way to what it keeps.
      def run(work, &)
        [@plan.warmup, *[@plan.loops] * @plan.rounds].each do |times|
          round(work, times, &)
          break if @accused == []
        end
        @accused
      ensure
        Cost.add(dumps: @results.size, gc: @results.sum(&:gc_seconds), **@seconds)
      end

      private

      def round(work, times)
        times.times { call(work) }
        dump
        return if @results.size == 1

        @done += 1
        @accused = yield(timed(:reading) { compare })
      end

      # In a method of its own, so that no result of the work remains in a variable.
      def call(work)
        work.call
        nil
      end

      # The first GC lets finalizers run, and only the next one frees what these have held.
      def dump
        timed(:dumping) do
          GC.start
          path = @folder.path(@results.size + 1)
          @results << HeapDump.dump(path, strings: Testing.settings.strings)
        end
      end

      def compare
        paths = @results.map(&:path)
        grown, @candidates = Apart.run do
          comparison = Comparison.new(paths, @candidates)
          [comparison.grown, comparison.candidates]
        end
        grown
      end

      def timed(what)
        from = Process.clock_gettime(Process::CLOCK_MONOTONIC)
        yield
      ensure
        @seconds[what] += Process.clock_gettime(Process::CLOCK_MONOTONIC) - from
      end
    end
  end
end
