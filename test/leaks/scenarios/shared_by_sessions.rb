# frozen_string_literal: true

# Sessions grow, and all of them share one large catalog, which is not theirs.
require_relative "../scenario"

class Catalog
  def initialize = @texts = Array.new(2_000) { |i| "text #{i} " * 20 }
end

class Visit
  def initialize(name, catalog)
    @name = name
    @catalog = catalog
  end
end

class Visits
  def initialize
    @catalog = Catalog.new
    @visits = []
  end

  def add(name) = @visits << Visit.new(name, @catalog)
end

VISITS = Visits.new # held here

Scenario.leaks "Visit", holder: ["@visits", "Visits", "VISITS"]
Scenario.rounds { |round| 66.times { |i| VISITS.add("#{round}.#{i}") } }
