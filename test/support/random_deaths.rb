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
    env = { **Leftovers.environment, "LD_PRELOAD" => Extension.new("deaths").compile }
    outcome = Child.ruby("load 'support/deaths/application.rb'", @directory, @count.to_s, @seed.to_s,
                         env: env, timeout: 60 + (@count * 10))
    @rounds = outcome.out.lines.map { |line| JSON.parse(line) }
    found = @rounds.flat_map { |round| wrong(round) } + ran_once
    found << "the application ended: #{outcome.status} #{outcome.err[0, 1000]}" unless outcome.success?
    found
  end

  # How often which deed came to which end.
  def table
    rounds.group_by { |round| round["deed"] }.sort.to_h do |deed, all|
      [deed, all.map { |round| kind(round) }.tally]
    end
  end

  private

  def kind(round)
    return "not reached" unless round["reached"]
    return round["errors"].positive? ? "whole, an error line" : "whole" if round["ended"] == "whole"

    round["there"] ? "error, whole file" : "error"
  end

  def wrong(round)
    found = []
    found << "#{round["descriptors"]} descriptors are left" unless round["descriptors"].zero?
    found << "processes are left: #{round["processes"]}" if round["processes"].any?
    found << "partial files are left" if round["partials"].positive?
    found << "a file that is not whole: #{round["problems"].first(3)}" if round["problems"]&.any?
    found << "a Result, and no file" if round["ended"] == "whole" && !round["there"]
    found << "not an error of ours: #{round["ended"]}" unless round["ended"].match?(/\A(whole|HeapDump::)/)
    brief = round.slice("round", "deed", "where", "count", "processes", "format", "path", "ended")
    found.map { |what| "#{what} (#{brief})" }
  end

  def ran_once
    lines = File.readlines(File.join(@directory, "log"), chomp: true).map { |line| line.split(" ", 2) }
    twice = lines.map(&:last).tally.select { |_, count| count > 1 }.keys
    pids = lines.map(&:first).uniq
    [*("the application ran in #{pids.size} processes" if pids.size > 1),
     *("the application did twice: #{twice.first(5)}" if twice.any?)]
  end
end
