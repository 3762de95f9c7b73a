# frozen_string_literal: true

# Begins to leak in the third round.
require_relative "../scenario"

class Late
  def initialize(text) = @text = text
end

LATE = [] # held here

Scenario.leaks "Late", holder: "LATE", dumps: 6
Scenario.rounds { |round| 50.times { |i| LATE << Late.new("#{round}.#{i}") } if round > 2 }
