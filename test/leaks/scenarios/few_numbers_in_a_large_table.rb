# frozen_string_literal: true

# An array that had room for all that comes; its memory does not grow.
require_relative "../scenario"

module Latencies # held here
  @all = Array.new(50_000, 0)
  @all.clear
  def self.note(value) = @all << value
end

Scenario.leaks "Array", holder: ["@all", "Latencies"], counts: [0, 40, 80]
Scenario.rounds { |round| 40.times { |i| Latencies.note((round * 1000) + i) } }
