# frozen_string_literal: true

# A list in the singleton of a module: class << self; attr_reader.
require_relative "../scenario"

module Metrics # held here
  class << self
    def points = @points ||= []
  end
end

Point = Struct.new(:at, :value)

Scenario.leaks "Point", holder: ["Metrics", "@points"]
Scenario.rounds { |round| 300.times { |i| Metrics.points << Point.new(i, "#{round}.#{i}") } }
