# frozen_string_literal: true

require "json"
require "support/child"
require "support/extension"
require "support/leftovers"

# Rounds of dumps one of whose processes dies; see deaths/application.rb.
class RandomDeaths
  attr_reader :rounds

  def initialize(directory, count, seed)
    @directory = directory
    @count = count
    @seed = seed
  end

  # What went wrong, in words.
  def call
    Extension.new("hostile").compile
    outcome = Child.ruby("load 'support/deaths/application.rb'", @directory, @count.to_s,
                         @seed.to_s, env: environment, bare: true, timeout: 60 + (@count * 10))
    @rounds = outcome.out.lines.map { |line| JSON.parse(line) }
    found = @rounds.flat_map { |round| wrong(round) } + ran_once
    return found if outcome.success?

    [*found, "the application ended: #{outcome.status} #{outcome.err[0, 1000]}"]
  end

  # How often which deed came to which end.
  def table
    rounds.group_by { |round| round["deed"] }.sort.to_h do |deed, all|
      [deed, all.map { |round| kind(round) }.tally]
    end
  end

  private

  def environment
    { **Leftovers.environment, "LD_PRELOAD" => Extension.new("deaths").compile }
  end

  def kind(round)
    return "not reached" unless round["reached"]
    return round["errors"].positive? ? "whole, an error line" : "whole" if round["ended"] == "whole"

    round["there"] ? "error, whole file" : "error"
  end

  def wrong(round)
    whole = round["ended"] == "whole"
    found = {
      "#{round["descriptors"]} descriptors are left" => round["descriptors"] != 0,
      "processes are left: #{round["left"]}" => round["left"].any?,
      "partial files are left" => round["partials"].positive?,
      "a file that is not whole: #{round["problems"]&.first(3)}" => round["problems"]&.any?,
      "a Result, and no file" => whole && !round["there"],
      "not an error of ours" => !whole && !round["ended"].start_with?("HeapDump::")
    }
    found.filter_map { |what, yes| "#{what} (#{round.except("problems")})" if yes }
  end

  def ran_once
    log = File.join(@directory, "log")
    lines = File.readlines(log, chomp: true).map { |line| line.split(" ", 2) }
    twice = lines.map(&:last).tally.select { |_, count| count > 1 }.keys
    pids = lines.map(&:first).uniq
    [*("the application ran in #{pids.size} processes" if pids.size > 1),
     *("the application did twice: #{twice.first(5)}" if twice.any?)]
  end
end
