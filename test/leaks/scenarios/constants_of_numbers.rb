# frozen_string_literal: true

# A constant for each customer, which is a number.
require_relative "../scenario"

module Limits
  def self.set(name, limit) = const_set(name, limit) # held here
end

Scenario.leaks "constant", holder: "Limits"
Scenario.rounds { |round| 40.times { |i| Limits.set("C#{round}X#{i}", i) } }
