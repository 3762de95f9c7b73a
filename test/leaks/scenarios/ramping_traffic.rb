# frozen_string_literal: true

# More requests at a time, from dump to dump; none of them is kept.
require_relative "../scenario"

class Visit
  def initialize(name) = @name = name
end

VISITS = {}
OPEN = [60, 140].freeze

Array.new(20) { |i| VISITS["v0.#{i}"] = Visit.new("0.#{i}") }
Scenario.clean "traffic that ramps up", at_most: "low"
Scenario.rounds do |round|
  400.times do |i|
    VISITS["v#{round}.#{i}"] = Visit.new("#{round}.#{i}")
    VISITS.shift if VISITS.size > OPEN[round - 1]
  end
end
