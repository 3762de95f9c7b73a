# frozen_string_literal: true

module HeapDump
  module RSpec
    # Matches a block after each round of which the heap has grown; see HeapDump::RSpec#grow_heap.
    # What is added returns the matcher itself. Wrong arguments raise ArgumentError.
    class GrowHeap < Matcher
      def initialize # :nodoc:
        super
        @options = {}
        @ignore = {}
      end

      # Only growth of objects of these classes counts.
      #
      #   expect { visit }.not_to grow_heap.of(Shop::Session)
      def of(*classes)
        with(of: classes)
      end

      # These may grow: classes, holders or signatures, for a reason; see Testing::Ignored.
      #
      #   expect { visit }.not_to grow_heap.ignoring(Shop::EventBus, because: "see issue 12")
      def ignoring(*things, because:)
        @ignore = @ignore.merge(things.to_h { |thing| [thing, because] })
        self
      end

      # There are so many rounds at most: one dump more than that.
      #
      #   expect { visit }.not_to grow_heap.times(3)
      def times(rounds)
        with(dumps: rounds + 1)
      end

      # There are so many dumps at most.
      #
      #   expect { visit }.not_to grow_heap.dumps(4)
      def dumps(number)
        with(dumps: number)
      end

      # The block runs so often in each round.
      #
      #   expect { visit }.not_to grow_heap.loops(10)
      def loops(number)
        with(loops: number)
      end

      # The block runs so often before the first dump.
      #
      #   expect { visit }.not_to grow_heap.after_warmup(2)
      def after_warmup(number)
        with(warmup: number)
      end

      # All that grows may have so much more in the last dump than in the first (Integer, or a
      # Range); #objects or #bytes says what is counted.
      #
      #   expect { visit }.not_to grow_heap.by_more_than(10).objects
      #   expect { visit }.not_to grow_heap.by_more_than(64 * 1024).bytes
      def by_more_than(limit)
        @limit = limit
        self
      end

      # The limit is one of objects.
      #
      #   expect { visit }.not_to grow_heap.by_more_than(10).objects
      def objects
        with(at_most: limit)
      end

      # The limit is one of bytes that are retained.
      #
      #   expect { visit }.not_to grow_heap.by_more_than(64 * 1024).bytes
      def bytes
        with(bytes: limit)
      end

      def matches?(block) # :nodoc:
        grew?(block, keep: false)
      end

      def does_not_match?(block) # :nodoc: # rubocop:disable Naming/PredicatePrefix -- RSpec's
        !grew?(block, keep: true)
      end

      def description # :nodoc:
        "grow the heap"
      end

      def failure_message # :nodoc:
        "expected the heap to grow in each round, but after round #{@growth.rounds} nothing " \
          "had grown in all of them"
      end

      def failure_message_when_negated # :nodoc:
        @growth.message
      end

      private

      def grew?(block, keep:)
        refuse_unit
        @growth = Testing::Growth.new(label, test: label, ignore: @ignore, **@options)
        run_or_skip(block)
        @growth.run(block, keep: keep).grew?
      end

      def with(**options)
        @options.merge!(options)
        self
      end

      def limit
        @limit or raise ArgumentError, "say how many: by_more_than(10).objects"
      ensure
        @limit = nil
      end

      def refuse_unit
        raise ArgumentError, "say of what: by_more_than(#{@limit}).objects or .bytes" if @limit
      end
    end
  end
end
