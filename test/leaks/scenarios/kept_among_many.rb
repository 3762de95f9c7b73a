# frozen_string_literal: true

# A thousand requests come and go; forty of each round are never taken out again.
require_relative "../scenario"

class Call
  def initialize(name) = @name = name
end

CALLS = {} # held here

Scenario.leaks "Call", holder: "CALLS"
Scenario.rounds do |round|
  1_040.times { |i| CALLS["call #{round}.#{i}"] = Call.new("#{round}.#{i}") }
  done = CALLS.keys.reject { |name| name.start_with?("call #{round}.") || name.match?(/\.[1-3]?\d\z/) }
  done.each { |name| CALLS.delete(name) }
end
