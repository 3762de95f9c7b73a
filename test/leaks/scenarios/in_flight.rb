# frozen_string_literal: true

# How many requests are in flight differs from dump to dump.
require_relative "../scenario"

class Inquiry
  def initialize(name) = @name = name
end

IN_FLIGHT = {}

Scenario.clean "a gauge that happens to rise"
Scenario.rounds do |round|
  200.times do |i|
    IN_FLIGHT[[round, i]] = Inquiry.new("#{round}.#{i}")
    IN_FLIGHT.shift if IN_FLIGHT.size > [2, 5][round - 1]
  end
end
