# frozen_string_literal: true

# Requests in flight by their names: how many there are differs from dump to dump, and happens to
# rise. Keys and values are both objects, and a third of them are still there the next time.
require_relative "../scenario"

class Inquiry
  def initialize(name) = @name = name
end

IN_FLIGHT = {}
ADD = lambda do |round, number, most|
  number.times { |i| IN_FLIGHT["request #{round}.#{i}"] = Inquiry.new("#{round}.#{i}") }
  IN_FLIGHT.shift while IN_FLIGHT.size > most
end

ADD.call(0, 80, 80)
Scenario.clean "a gauge that happens to rise"
Scenario.rounds { |round| ADD.call(round, *[[67, 95], [76, 110]][round - 1]) }
