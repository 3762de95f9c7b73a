# frozen_string_literal: true

# Ractor#[]: variables of the whole program.
require_relative "../scenario"

class Trace
  def initialize(text) = @text = text
end

def traces = Ractor.current[:traces] ||= []

Scenario.leaks "Trace", holder: "ractor-local :traces"
Scenario.rounds { |round| 70.times { |i| traces << Trace.new("trace #{round}.#{i}") } }
