# frozen_string_literal: true

# Allocations are traced: the table of the tracer grows with every object, nothing else does.
require "objspace"
require_relative "../scenario"

class Draft
  def initialize(text) = @text = text
end

ObjectSpace.trace_object_allocations_start

Scenario.clean "the tracer's own memory"
Scenario.rounds { |round| 1_000.times { |i| Draft.new("draft #{round}.#{i}") } }
