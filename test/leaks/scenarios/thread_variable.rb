# frozen_string_literal: true

# A thread variable of the main thread.
require_relative "../scenario"

class Span
  def initialize(name) = @name = name
end

Scenario.leaks "Span", holder: "spans"
Scenario.rounds do |round|
  spans = Thread.current.thread_variable_get(:spans) || []
  80.times { |i| spans << Span.new("span #{round}.#{i}") }
  Thread.current.thread_variable_set(:spans, spans)
end
