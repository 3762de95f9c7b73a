# frozen_string_literal: true

# A list of which each access makes a copy, with copies of all that is in it.
require_relative "../scenario"

class Rule
  def initialize(name) = @name = name
  def copy = Rule.new(@name.dup)
end

module Policy # held here
  @rules = Array.new(500) { |i| Rule.new("rule #{i}") }
  class << self
    def add(name) = @rules = @rules.map(&:copy) << Rule.new(name)
  end
end

Scenario.leaks "Rule", holder: ["@rules", "Policy"], dumps: 4
Scenario.rounds { |round| 30.times { |i| Policy.add("rule #{round}.#{i}") } }
