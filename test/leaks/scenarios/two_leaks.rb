# frozen_string_literal: true

# Two leaks; the one that takes more memory comes first.
require_relative "../scenario"

class Small; end

class Large
  def initialize(text) = @text = text * 1_000
end

SMALL = []
LARGE = [] # held here

Scenario.leaks "Large", holder: "LARGE"
Scenario.rounds do |round|
  100.times { SMALL << Small.new }
  50.times { |i| LARGE << Large.new("#{round}.#{i}") }
end
