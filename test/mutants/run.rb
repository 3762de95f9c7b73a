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

    # First with the quick tests, by which most are caught. What survives waits for the slow ones.
    def try_all(entries)
      workshop = Workshop.new(File.join(DIRECTORY, "tree"))
      workshop.set_up
      excused, others = entries.partition { |entry| @ledger.excuse(entry.mutant) }
      excused.each { |entry| tell(entry, "equivalent", @ledger.excuse(entry.mutant)) }
      pass(workshop, others, :quick).then { |left| pass(workshop, left, :slow) }
    end

    # Those that survive.
    def pass(workshop, entries, speed)
      entries.select do |entry|
        verdict = workshop.try(entry.mutant, Covering.public_send(speed, entry.mutant.file))
        survived = verdict.state == "SURVIVED"
        tell(entry, verdict.state, verdict.by) unless survived && speed == :quick
        survived
      end
    end

    def tell(entry, state, by)
      @ledger.write(entry, state, by)
      puts Report.line(@ledger[entry.key])
      $stdout.flush
    end
  end
end
