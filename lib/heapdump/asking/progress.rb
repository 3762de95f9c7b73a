# frozen_string_literal: true

require "json"
require_relative "../terminal/text"
require_relative "../terminal/json"

module HeapDump
  module Asking
    # What has become of a request, by the steps (Hashes) that processes have told.
    class Progress # :nodoc:
      NUMBERS = %w[n time pid place].freeze
      TEXTS = %w[app host life state].freeze
      # With these, a process has no part any more, whatever becomes of a dump under way.
      ENDED = %w[refused failed cancelled left].freeze
      private_constant :NUMBERS, :TEXTS, :ENDED

      # A step as a line for a bus: ASCII alone, which every database can store, whatever bytes its
      # texts have.
      def self.line(step)
        Terminal::Json.ascii(step)
      end

      # A step from a line of a bus; nil if it is damaged.
      def self.step(line)
        step = JSON.parse(line)
        return unless step.is_a?(Hash) && step.values_at(*NUMBERS).all?(Integer) &&
                      step.values_at(*TEXTS).all?(String)

        step
      rescue JSON::ParserError, EncodingError
        nil
      end

      # Who has told a step: the number of a process alone is 1 in each life of a container.
      def self.teller(step)
        step.values_at("host", "pid", "life")
      end

      attr_reader :request, :steps

      def initialize(request, steps, cancelled)
        @request = request
        @steps = steps
        @cancelled = cancelled
      end

      # How many dumps there are.
      def taken
        count("taken")
      end

      def refused
        count("refused") + count("failed")
      end

      # How many processes have made all their dumps.
      def through
        @steps.count { |step| step["state"] == "taken" && step["dump"] == @request.dumps }
      end

      # Processes that have a part now. None begins twice, so what has ended is over, whatever a
      # dump that was written meanwhile still tells. Whose place another one has taken was killed.
      def under_way
        lives = @steps.group_by { |step| Progress.teller(step) }
        lives.values.count do |steps|
          steps.none? { |step| ended_by?(step) || taken_over?(step) }
        end
      end

      # done, cancelled, open, or over: nobody begins any more.
      def state(now)
        return "done" if through >= @request.count
        return "cancelled" if @cancelled

        @request.open?(now) ? "open" : "over"
      end

      # Whether nothing more will come.
      def ended?(now)
        case state(now)
        when "done" then true
        when "open" then false
        else under_way.zero? || now.to_i > @request.end
        end
      end

      private

      def taken_over?(step)
        step["state"] == "accepted" && @steps.any? do |other|
          other["state"] == "accepted" && other["place"] == step["place"] &&
            other["time"] > step["time"]
        end
      end

      def ended_by?(step)
        ENDED.include?(step["state"]) ||
          (step["state"] == "taken" && step["dump"] == @request.dumps)
      end

      def count(state)
        @steps.count { |step| step["state"] == state }
      end
    end
  end
end
