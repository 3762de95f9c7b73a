# frozen_string_literal: true

require "fileutils"
require_relative "plan"
require_relative "ledger"
require_relative "report"
require_relative "workshop"

module Mutants
  # Tries all mutants of a plan and prints what becomes of each.
  class Run
    DIRECTORY = File.expand_path("../../tmp/mutants", __dir__)
    EQUIVALENT = File.expand_path("equivalent.tsv", __dir__)

    def initialize(patterns:, seed:, lines:, only: nil)
      FileUtils.mkdir_p(DIRECTORY)
      @ledger = Ledger.new(File.join(DIRECTORY, "ledger.jsonl"), Ledger.equivalents(EQUIVALENT))
      @plan = Plan.new(patterns, seed: seed, lines: lines)
      @only = only
    end

    # False if a mutant has survived.
    def call
      Sandbox.check
      left = @plan.entries.select { |entry| wanted?(entry) }
      puts "#{@plan.entries.size} mutants, #{left.size} to be tried"
      try_all(left) if left.any?
      report = Report.new(@ledger, @plan.entries)
      puts "", report.survivors.map { |told| Report.line(told) }, "", report.table
      report.survivors.empty?
    end

    private

    def wanted?(entry)
      known = @ledger[entry.key]
      @only == "survivors" ? known && !@ledger.done?(entry.key) : !@ledger.done?(entry.key)
    end

    def try_all(entries)
      workshop = Workshop.new(File.join(DIRECTORY, "tree"))
      workshop.set_up
      entries.each do |entry|
        try(workshop, entry)
        puts Report.line(@ledger[entry.key])
        $stdout.flush
      end
    end

    def try(workshop, entry)
      excuse = @ledger.excuse(entry.mutant)
      return @ledger.write(entry, "equivalent", excuse) if excuse

      tests = Covering.of(entry.mutant.file)
      verdict = workshop.try(entry.mutant, tests)
      @ledger.write(entry, verdict.state, verdict.by)
    end
  end
end
