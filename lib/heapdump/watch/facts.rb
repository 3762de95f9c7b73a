# frozen_string_literal: true

module HeapDump
  class Watch
    # What was known when the watch looked. Rules, +only:+ and the hook +on.dump+ get it. All sizes
    # are bytes, nil if they are unknown.
    #
    #   on.rule(:queue) { |facts| facts.resident.to_i > 1 << 30 && Queue.size > 10_000 }
    class Facts
      # When this was (Time, UTC).
      attr_reader :time
      # The number of this process (Integer).
      attr_reader :pid
      # How many jobs and requests this process has counted (Integers).
      attr_reader :jobs, :requests
      # The name of the rule that has struck (Symbol), nil if none has.
      attr_accessor :rule
      # Why there is no dump although a rule has struck (Symbol), nil if there is one.
      attr_accessor :refused
      # Of a request that came over a bus: its +:id+ and its +:payload+, if it has one (Hash); else
      # nil.
      attr_accessor :ask

      # +seconds+ is what a clock shows that nobody sets; +work+ are the counted jobs and requests.
      # There are no keywords, for which each look would make a Hash.
      def initialize(gauge, time, seconds, pid, work) # :nodoc:
        @gauge = gauge
        @time = time
        @seconds = seconds
        @pid = pid
        @jobs, @requests = work
        @limit = gauge.limit
      end

      attr_reader :gauge, :seconds # :nodoc:

      # The limit of the memory: an option, that of the control group, or all of the machine's.
      attr_reader :limit

      # Resident memory of this process, as it was when that was asked first.
      def resident
        @resident ||= @gauge.resident
      end

      # What is used of the limit.
      def working_set
        usage.first
      end

      # What of #working_set cannot be given back.
      def anonymous
        usage.last
      end

      # Private memory of this process, what no other process shares, as it was when that was asked
      # first.
      def private
        @private ||= @gauge.private
      end

      # What is known, by name (Hash).
      #
      #   facts.to_h[:rule] # => :memory
      def to_h
        { time: time.strftime("%FT%TZ"), pid: pid, rule: rule, refused: refused, limit: limit,
          working_set: working_set, anonymous: anonymous, resident: resident, private: private,
          jobs: jobs, requests: requests }
      end

      # Without its innards, for messages of errors (String).
      #
      #   facts.inspect # => "#<HeapDump::Watch::Facts pid 41 at 2026-11-29T04:12:07Z>"
      def inspect
        "#<#{self.class} pid #{pid} at #{time.strftime("%FT%TZ")}>"
      end

      private

      def usage
        @usage ||= @gauge.usage
      end
    end
  end
end
