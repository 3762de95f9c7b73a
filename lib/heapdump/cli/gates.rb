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
    #   gates.outcomes(found).select(&:failed?).map(&:words)
    #   # => ["retained>2MB, by 1. Shop::Session (+3.0 MiB)"]
    class Gates
      SHOWN = 3 # so many suspects are named for each condition
      private_constant :SHOWN

      # A condition (Leaks::Gate), and what it was compared with: the process, which has grown by so
      # many bytes, or suspects by their numbers in the output.
      class Outcome
        attr_reader :gate

        def initialize(gate, suspects, leaks)
          @gate = gate
          @suspects = gate.process? ? {} : suspects
          @process = gate.growth_of(leaks)
          @process_met = gate.met_by_process?(leaks)
          @parts = gate.unexplained? ? leaks.unexplained_parts : {}
        end

        def failed?
          @process_met || met_by.any?
        end

        # Suspects that meet it, by their numbers.
        def met_by
          @met_by ||= @suspects.select { |_, suspect| gate.met?(suspect) }
        end

        # By how much the process grew, or the suspect that grew most; nil if there is none.
        def growth
          @process || @suspects.values.filter_map { |one| gate.growth_of_suspect(one) }.max
        end

        # "retained>2MB, by 1. Shop::Session (+3.0 MiB), 2. Shop::Visit (+2.1 MiB) and 4 more";
        # "rss>50MB, by the process (+80.0 MiB)"; "unexplained>20MB, by malloc of others (+38 MiB)".
        # For a condition that is not met, what comes next to it:
        # "retained>5MB, the most is 1. Shop::Session (+3.0 MiB)".
        def words
          return "#{gate.text}, #{"by " if @process_met}#{process}" if @process
          return "#{gate.text}, #{next_to_it}" if met_by.empty?

          left_out = met_by.size - SHOWN
          named = met_by.first(SHOWN).map { |number, suspect| named(number, suspect) }
          "#{gate.text}, by #{named.join(", ")}#{" and #{left_out} more" if left_out.positive?}"
        end

        # "Failed: retained>2MB, by 1. Shop::Session (+3.0 MiB)"
        def to_s
          "#{failed? ? "Failed" : "Passed"}: #{words}"
        end

        private

        # What grew by how much: "the process (+80.0 MiB)", or for what is unexplained its parts.
        def process
          names = @parts.sort_by { |_, size| -size }
                        .map { |name, _| Snapshot::Account::PARTS.fetch(name) }
          "#{names.empty? ? "the process" : names.join(" and ")} (#{change(@process)})"
        end

        def change(size)
          Terminal::Units.bytes_change(size)
        end

        def next_to_it
          number, suspect = @suspects.select { |_, one| gate.growth_of_suspect(one) }
                                     .max_by { |_, one| gate.growth_of_suspect(one) }
          suspect ? "the most is #{named(number, suspect)}" : "no such growth is accused"
        end

        def named(number, suspect)
          "#{number}. #{Snapshot::Describe.short(suspect.class_name)} (#{by(suspect)})"
        end

        def by(suspect)
          return change(suspect.retained_growth) unless gate.counts?

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
        @gates.map { |gate| Outcome.new(gate, new_ones, leaks) }
      end

      # Whether they fail is nil if that was not judged (+judged+ is false).
      def to_a(leaks, judged:)
        outcomes(leaks).map do |one|
          { condition: one.gate.text, failed: judged ? one.failed? : nil, growth: one.growth,
            by: one.met_by.values.map(&:signature) }
        end
      end
    end
  end
end
