# frozen_string_literal: true

# Requests in flight by their names: how many there are differs from dump to dump, and happens to
# rise. Keys and values are both objects.
require_relative "../scenario"

class Inquiry
  def initialize(name) = @name = name
end

IN_FLIGHT = {}

Scenario.clean "a gauge that happens to rise"
Scenario.rounds do |round|
  900.times do |i|
    IN_FLIGHT["request #{round}.#{i}"] = Inquiry.new("#{round}.#{i}")
    IN_FLIGHT.shift if IN_FLIGHT.size > [80, 95][round - 1]
  end
end
