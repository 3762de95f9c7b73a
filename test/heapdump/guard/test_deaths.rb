# frozen_string_literal: true

require "test_helper"
require "support/random_deaths"

# Processes of dumps end at random points. There is a whole dump or an error, and nothing is left.
#
# DEATHS  how many of them (default 15)
# SEED    of the points
class TestDeaths < HeapDumpTest
  DEATHS = Integer(ENV.fetch("DEATHS", "15"))
  SEED = Integer(ENV.fetch("SEED") { Random.rand(1_000_000).to_s })

  def test_random_deaths
    deaths = RandomDeaths.new(scratch, DEATHS, SEED)
    problems = deaths.call
    puts "seed #{SEED}: #{deaths.table}"
    assert problems.empty?, "seed #{SEED}: #{problems.first(20).join("\n")}"
    assert_equal DEATHS, deaths.rounds.size
    assert_operator deaths.rounds.count { |round| round["reached"] }, :>, DEATHS / 3
  end
end
