# frozen_string_literal: true

module Mutants
  # What a run has shown, as a table.
  class Report
    HEAD = "                  mutants   caught  survived   no fault    share"

    def initialize(ledger, entries)
      @told = entries.filter_map { |entry| ledger[entry.key] }
    end

    def self.line(told)
      place = "#{told["file"]}:#{told["line"]}"
      "#{told["state"].ljust(16)} #{place}: #{told["kind"]}: #{told["before"]}  ->  " \
        "#{told["after"]}#{"  (#{told["by"]})" if told["by"]}"
    end

    def to_s
      [*@told.map { |told| self.class.line(told) }, "", table].join("\n")
    end

    def survivors
      @told.select { |told| told["state"] == "SURVIVED" }
    end

    # A row for each part, and one for all.
    def table
      rows = @told.group_by { |told| part(told["file"]) }.sort.to_a << ["all", @told]
      [HEAD, *rows.map { |name, told| row(name, told) }].join("\n")
    end

    private

    def part(file)
      file[%r{\A(ext/\w+(?:/mri)?|lib)}]
    end

    # What does not compile and what is equivalent is no fault.
    def row(name, told)
      counts = told.map { |one| one["state"] }.tally
      caught, survived = counts.values_at("caught", "SURVIVED").map(&:to_i)
      tried = caught + survived
      format("%-16s %8d %8d %9d %10d %7.1f%%", name, tried, caught, survived, told.size - tried,
             tried.zero? ? 0 : 100.0 * caught / tried)
    end
  end
end
