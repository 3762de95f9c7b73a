# frozen_string_literal: true

# Numbers are no objects: what grows is one array.
require_relative "../scenario"

module Stats # held here
  @times = []

  class << self
    attr_reader :times
  end
end

Scenario.leaks "Array", holder: ["@times", "Stats"]
Scenario.rounds { |round| 5_000.times { |i| Stats.times << (round * i) } }
