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
      # Runs a block in rounds. Dumps are kept if it grows more than it may. The arguments are those
      # of ::new. Returns a Growth. Raises ArgumentError without a block, and what ::new and #run
      # raise.
      def self.of(label, **options, &block)
        raise ArgumentError, "no block given" unless block

        new(label, **options).run(block)
      end

      # What grew and counts (Array of Grown), and how many rounds there were; nil before #run.
      attr_reader :accused, :rounds
      # How often the block runs (Plan).
      attr_reader :plan
      # What the block is called: "the block" (String).
      attr_reader :work # :nodoc:

      # +label+::  a name for people, which the directory of the dumps gets
      # +warmup+, +loops+, +dumps+:: see Plan
      # +work+::   what the block is called in the message
      # +of+, +ignore+, +at_most+, +bytes+:: what may grow, as for HeapDump::Minitest#refute_growth
      # +test+::   the name that it has in the baseline, nil: it has none
      #
      # Raises ArgumentError for wrong options.
      def initialize(label, warmup: nil, loops: nil, dumps: nil, work: "the block", **demand)
        @label = label
        @plan = Plan.new(warmup: warmup, loops: loops, dumps: dumps)
        @demand = Demand.new(**demand, runs: @plan.loops)
        @work = work
      end

      # Calls +block+ (something with a method +call+) in rounds. With +keep+ the dumps are kept if
      # it grows more than it may. Returns self. Raises what the block raises, what HeapDump.dump
      # raises, and HeapDump::Error if other tests of this process do not end, beside which nothing
      # could be found.
      #
      #   Growth.new("visit").run(-> { visit }).grew? # => true
      def run(block, keep: true)
        Alone.run { look(block) }
        @grew = !@demand.note(@accused) && !@demand.met?(@accused)
        self
      ensure
        @grew && keep ? @folder.keep : @folder&.remove
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

      def look(block)
        @folder = Folder.new(@label)
        rounds = Rounds.new(@plan, @folder)
        @accused = rounds.run(block) { |grown| @demand.accused(grown) }
        @rounds = rounds.done
      end
    end
  end
end
