# frozen_string_literal: true

# Symbols made from data, kept as keys.
require_relative "../scenario"

class Params
  SEEN = {} # held here
end

Scenario.leaks "Symbol", holder: "Params::SEEN"
Scenario.rounds { |round| 130.times { |i| Params::SEEN["param_#{round}_#{i}".to_sym] = true } }
