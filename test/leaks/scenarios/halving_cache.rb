# frozen_string_literal: true

# A cache that fills up, at half the pace in the second round.
require_relative "../scenario"

class Country
  def initialize(name) = @name = name
end

COUNTRIES = Hash.new { |hash, name| hash[name] = Country.new(name) }

200.times { |i| COUNTRIES["country #{i}"] }
Scenario.clean "a cache that fills up", at_most: "medium"
Scenario.rounds { |round| [400, 500][round - 1].times { |i| COUNTRIES["country #{i}"] } }
