# frozen_string_literal: true

# A set of numbers.
require "set"
require_relative "../scenario"

SEEN = Set.new # held here

Scenario.leaks "Set", "Hash", holder: "SEEN"
Scenario.rounds { |round| 3_000.times { |i| SEEN << (round * 100_000) + i } }
