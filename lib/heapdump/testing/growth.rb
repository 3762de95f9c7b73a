# frozen_string_literal: true

module HeapDump
  module Testing
    # What grows when a block runs again and again.
    #
    #   growth = Growth.of("visit") { visit }
    #   growth.grew?                    # => true
    #   growth.accused.first.class_name # => "Shop::Session"
    #   puts growth.message             # the story of it
    class Growth
      # Runs a block in rounds. Dumps are kept if it grows more than it may.
      #
      # +label+::  a name for people, which the directory of the dumps gets
      # +plan+::   Plan; its numbers may be given instead (+warmup+, +loops+, +dumps+)
      # +work+::   what the block is called in the message
      # +demand+:: of, ignore, at_most, bytes, test: what may grow, see Demand
      #
      # Returns a Growth. Raises ArgumentError for wrong options and without a block, what the block
      # raises, what HeapDump.dump raises, and HeapDump::Error if other tests of this process do not
      # end, beside which nothing could be found.
      def self.of(label, warmup: nil, loops: nil, dumps: nil, work: "the block", **demand, &block)
        raise ArgumentError, "no block given" unless block

        plan = Plan.new(warmup: warmup, loops: loops, dumps: dumps)
        new(label, plan, Demand.new(**demand, runs: plan.loops), work).run(block)
      end

      # What grew and counts (Array of Grown); the Plan, and how many of its rounds there were.
      attr_reader :accused, :plan, :rounds
      # What the block is called: "the block" (String).
      attr_reader :work # :nodoc:

      def initialize(label, plan, demand, work) # :nodoc:
        @label = label
        @plan = plan
        @demand = demand
        @work = work
      end

      def run(work) # :nodoc:
        @folder = Folder.new(@label)
        Alone.run { look(work) }
        @grew = !@demand.note(@accused) && !@demand.met?(@accused)
        self
      ensure
        @grew ? @folder.keep : @folder&.remove
      end

      # What grew and does not count, with the reasons (Hash of String to String).
      def left_out
        @demand.left_out
      end

      # Whether it grew more than it may.
      def grew?
        @grew
      end

      # What is said of it where it must not grow (String).
      def message
        Story.of_growth(self, @demand, @folder)
      end

      private

      def look(work)
        rounds = Rounds.new(@plan, @folder)
        @accused = rounds.run(work) { |grown| @demand.accused(grown) }
        @rounds = rounds.done
      end
    end
  end
end
