# frozen_string_literal: true

# Every country is looked up sooner or later; there are only so many.
require_relative "../scenario"

class Country
  def initialize(name) = @name = name
end

COUNTRIES = {}

Scenario.clean "a cache that fills up", dumps: 4
Scenario.rounds do |round|
  [120, 120, 120].fetch(round - 1).times { |i| COUNTRIES["country #{i}"] ||= Country.new("#{i}") }
end
