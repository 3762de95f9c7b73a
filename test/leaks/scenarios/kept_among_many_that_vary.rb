# frozen_string_literal: true

# As many requests as there are at the moment, some more and some less; forty of each round stay.
require_relative "../scenario"

class Call
  def initialize(name) = @name = name
end

CALLS = {} # held here

Scenario.leaks "Call", holder: "CALLS", dumps: 6
Scenario.rounds do |round|
  (1_000 + [30, 160, 90, 240, 170][round - 1]).times do |i|
    CALLS["call #{round}.#{i}"] = Call.new("#{round}.#{i}")
  end
  done = CALLS.keys.reject { |name| name.start_with?("call #{round}.") || name.match?(/\.[1-3]?\d\z/) }
  done.each { |name| CALLS.delete(name) }
end
