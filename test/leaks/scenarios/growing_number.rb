# frozen_string_literal: true

# A set of bits that is one number.
require_relative "../scenario"

module Seen # held here
  @bits = 0
  def self.mark(id) = @bits |= 1 << id
end

Scenario.leaks "Integer", holder: ["@bits", "Seen"]
Scenario.rounds { |round| 50.times { |i| Seen.mark((round * 40_000) + (i * 700)) } }
