# frozen_string_literal: true

# A hash from numbers to numbers.
require_relative "../scenario"

module Hits # held here
  @@by_id = {}
  def self.hit(id) = @@by_id[id] = id * 2
end

Scenario.leaks "Hash", holder: ["@@by_id", "Hits"]
Scenario.rounds { |round| 3_000.times { |i| Hits.hit((round * 100_000) + i) } }
