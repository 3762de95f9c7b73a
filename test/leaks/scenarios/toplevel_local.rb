# frozen_string_literal: true

# A local variable of the main program.
require_relative "../scenario"

class Hit
  def initialize(text) = @text = text
end

results = []

Scenario.leaks "Hit", holder: "results"
Scenario.rounds { |round| 50.times { |i| results << Hit.new("#{round}.#{i}") } }
