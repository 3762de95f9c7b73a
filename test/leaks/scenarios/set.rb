# frozen_string_literal: true

# A Set of objects.
require "set"
require_relative "../scenario"

class Visitor
  def initialize(name) = @name = name
end

class Door # held here
  @seen = Set.new

  class << self
    attr_reader :seen
  end
end

Scenario.leaks "Visitor", holder: ["@seen", "Door"]
Scenario.rounds { |round| 85.times { |i| Door.seen << Visitor.new("visitor #{round}.#{i}") } }
