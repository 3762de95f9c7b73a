# frozen_string_literal: true

require "rbconfig"
require "tmpdir"

module HeapDump
  class BlockReport
    # Runs the block, counts what it allocates, and finds out who holds what is left.
    class Runs # :nodoc:
      MORE_GCS = 4 # in which things that hold each other go one after another
      private_constant :MORE_GCS

      # What was counted by ext/heapdump/allocations (Hash, see result.h; Words.readable), and for
      # each run its seconds and the GCs that began in it.
      attr_reader :counted, :seconds, :gcs
      # A Retained.
      attr_reader :retained

      # Whether nothing that died in the last GC may have let go of others.
      def settled?
        @settled
      end

      def initialize(options, block)
        @options = options
        @block = block
        @seconds = []
        @gcs = []
      end

      # Raises what the block raises.
      def run
        refuse_ractors
        @options.warmup.times { @block.call }
        count
        self
      end

      private

      def count
        allocations = Allocations.new(@options.depth, @options.one_thread?,
                                      RbConfig::CONFIG.fetch("rubyarchdir", ""))
        @options.times.times { |run| measure { allocations.count(run, &@block) } }
        refuse_ractors
        collect(allocations)
        look(allocations)
      ensure
        allocations&.stop
      end

      # What is let go of only when another object is freed, or later, would seem held until the
      # next GC. There is one more as long as something may have been let go of.
      def collect(allocations)
        allocations.weak_keys = weak_keys?
        may = allocations.let_go? || GC.stat.fetch(:heap_final_slots, 1).positive?
        GC.start
        may = allocations.let_go? || may
        MORE_GCS.times do
          break unless may && @options.retained?

          GC.start
          may = allocations.let_go?
        end
        @settled = !may
      end

      # Maps that let go of a value in the GC after that in which its key has died.
      def weak_keys?
        defined?(ObjectSpace::WeakKeyMap) &&
          ObjectSpace.each_object(ObjectSpace::WeakKeyMap).any?
      end

      def measure
        gcs = GC.count
        start = now
        yield
        @seconds << (now - start)
        @gcs << (GC.count - gcs)
      end

      # Until the dump is made, no object may move or be freed: it is found by its address.
      def look(allocations)
        was_disabled = GC.disable
        @counted = Words.readable(allocations.finish)
        survivors = Survivors.new(@counted)
        look = @options.retained? && survivors.size.positive?
        @retained = look ? from_dump(survivors) : Retained.none
      ensure
        GC.enable unless was_disabled
      end

      # The dump has no contents of strings: only names of the program are shown.
      def from_dump(survivors)
        Dir.mktmpdir("heapdump-report") do |directory|
          path = File.join(directory, "heap.json")
          HeapDump.dump(path, gc: false, strings: :none, fork: :prefer)
          holding = Holding.new(Snapshot.open(path, index: false), survivors, @options.times)
          Retained.new(holding.groups, survivors.internal(@options.times))
        end
      end

      def refuse_ractors
        Ractors.refuse_others("HeapDump.report cannot count")
      end

      def now
        Process.clock_gettime(Process::CLOCK_MONOTONIC)
      end
    end
    private_constant :Runs
  end
end
