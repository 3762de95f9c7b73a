# frozen_string_literal: true

require_relative "../leaks"
require_relative "../terminal"

module HeapDump
  module CLI
    # The conditions of `heapdump leaks --fail-on`, and which suspects, or the process, meet them.
    # A suspect that --known names meets none.
    #
    #   gates = Gates.new
    #   gates.add("retained>2MB")
    #   gates.failed(found).map(&:words)
    #   # => ["retained>2MB, by 1. Shop::Session (+3.0 MiB)"]
    class Gates
      SHOWN = 3 # so many suspects are named for each condition
      private_constant :SHOWN

      # A condition (Leaks::Gate), and what meets it: suspects by their numbers in the output, or
      # the process, which has grown by so many bytes.
      class Outcome
        attr_reader :gate, :met_by

        def initialize(gate, met_by, grown = nil)
          @gate = gate
          @met_by = met_by
          @grown = grown
        end

        def failed?
          met_by.any? || !@grown.nil?
        end

        def signatures
          met_by.values.map(&:signature)
        end

        # "retained>2MB, by 1. Shop::Session (+3.0 MiB), 2. Shop::Visit (+2.1 MiB) and 4 more";
        # "rss>50MB, by the process (+80.0 MiB)"
        def words
          return "#{gate.text}, by the process (#{Terminal::Units.bytes_change(@grown)})" if @grown

          named = met_by.first(SHOWN).map do |number, suspect|
            "#{number}. #{Snapshot::Describe.short(suspect.class_name)} (#{by(suspect)})"
          end
          left_out = met_by.size - named.size
          "#{gate.text}, by #{named.join(", ")}#{" and #{left_out} more" if left_out.positive?}"
        end

        private

        def by(suspect)
          return Terminal::Units.bytes_change(suspect.retained_growth) unless gate.counts?

          "#{Terminal::Units.count_change(suspect.growth)} #{suspect.unit}"
        end
      end

      # Known leaks (Leaks::Known), nil if there are none.
      attr_writer :known

      def initialize
        @gates = []
      end

      # Adds a condition. Raises ArgumentError for a text that is none.
      def add(text)
        @gates << HeapDump::Leaks::Gate.new(text)
      end

      def empty?
        @gates.empty?
      end

      def known?(suspect)
        @known ? @known.include?(suspect) : false
      end

      # Why the conditions cannot be judged for these dumps (Array of String); +leaks+ is a Leaks.
      def faults(leaks)
        blind = @gates.select { |gate| gate.process? && leaks.rss.nil? }
        blind.map { |gate| "#{gate.text}: the dumps do not have the size of the process" }
      end

      # One Outcome for each condition, in the order in which they were given.
      def outcomes(leaks)
        numbered = leaks.suspects.each.with_index(1).to_h { |suspect, number| [number, suspect] }
        new_ones = numbered.reject { |_, suspect| known?(suspect) }
        @gates.map do |gate|
          Outcome.new(gate, new_ones.select { |_, suspect| gate.met?(suspect) },
                      (gate.growth_of(leaks) if gate.met_by_process?(leaks)))
        end
      end

      def failed(leaks)
        outcomes(leaks).select(&:failed?)
      end

      # Whether they fail is nil if that was not judged (+judged+ is false).
      def to_a(leaks, judged:)
        outcomes(leaks).map do |one|
          { condition: one.gate.text, failed: judged ? one.failed? : nil, by: one.signatures }
        end
      end
    end
  end
end
