# frozen_string_literal: true

module HeapDump
  module Testing
    # What a test demands of growth: which classes it is about, what may grow, and how much.
    #
    #   demand = Demand.new(of: Shop::Session, at_most: 10, test: "ShopTest#test_visit")
    #   demand.accused(all_grown)  # those of the class, without what is ignored
    #   demand.met?(accused)       # whether they are few enough
    class Demand # :nodoc:
      # The limits (Array of Limit), empty if nothing may grow; what the test is called.
      attr_reader :limits, :test

      # +of+::     classes, or their names: growth of others does not count (nil: all count)
      # +ignore+:: see Ignored
      # +at_most+, +bytes+:: limits for all that grows together, from the first dump to the last
      # +test+::   the name by which the baseline has it, nil: it has none
      # +runs+::   how often the block runs between two dumps
      def initialize(of: nil, ignore: {}, at_most: nil, bytes: nil, test: nil, runs: 1)
        @classes = of && Array(of).map { |one| Ignored.name(one) }
        @ignored = Testing.settings.ignored.and(Known.read(Testing.settings.known)).and(ignore)
        @limits = [(Limit.new("objects", at_most) if at_most),
                   (Limit.new("bytes", bytes) if bytes)].compact
        @test = test
        @baseline = Baseline.of(test, runs) if test
        @reasons = {}
      end

      # Those that count against the test (Array of Grown).
      def accused(grown)
        grown.select { |one| ours?(one) && !known?(one) }
      end

      def met?(accused)
        return accused.empty? if limits.empty?

        limits.all? { |limit| limit.kept?(sum(accused, limit)) }
      end

      # By how much they grew together, in the unit of a limit.
      def sum(accused, limit)
        return accused.sum(&:retained_growth) if limit.unit == "bytes"

        accused.sum { |one| one.unit == "bytes" ? 1 : one.growth }
      end

      # What grew and is not accused, with the reasons (Hash of String to String).
      def left_out
        @reasons
      end

      # Writes what is accused into the baseline if that is to be updated. Returns whether it has.
      def note(accused)
        @baseline ? @baseline.note(accused) : false
      end

      private

      def ours?(grown)
        @classes.nil? || @classes.any? do |name|
          grown.class_name == name || grown.with.any? { |words| words[/\A\S+/] == name }
        end
      end

      def known?(grown)
        reason = @ignored.reason_for(grown) || @baseline&.reason_for(grown)
        @reasons["#{grown.class_name} held by #{grown.holder}"] = reason if reason
        !reason.nil?
      end
    end
  end
end
