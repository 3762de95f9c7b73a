# frozen_string_literal: true

# A cache that needs some time until it is full.
require_relative "../scenario"

class Route
  def initialize(name) = @name = name
end

ROUTES = {}

Scenario.clean "a cache that fills up", dumps: 5
Scenario.rounds do |round|
  [100, 170, 200, 200].fetch(round - 1).times { |i| ROUTES["route #{i}"] ||= Route.new("#{i}") }
end
