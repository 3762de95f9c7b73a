# frozen_string_literal: true

# A hash that has room for all that comes, so that its memory does not grow.
require_relative "../scenario"

module Latencies # held here
  @all = {}
  def self.note(id) = @all[id] = id * 2
end

75.times { |i| Latencies.note(i) }
Scenario.leaks "Hash", holder: ["@all", "Latencies"], counts: [75, 90, 105]
Scenario.rounds { |round| 15.times { |i| Latencies.note((round * 1000) + i) } }
