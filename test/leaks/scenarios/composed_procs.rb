# frozen_string_literal: true

# Each step wraps the one before.
require_relative "../scenario"

class Filter
  def initialize(name) = @name = name
  def call(value) = value
end

class Pipeline
  @chain = ->(value) { value }
  def self.add(filter)
    before = @chain
    @chain = ->(value) { filter.call(before.call(value)) } # held here
  end
end

Scenario.leaks "Filter", "Proc", holder: ["@chain", "Pipeline"]
Scenario.rounds { |round| 30.times { |i| Pipeline.add(Filter.new("#{round}.#{i}")) } }
