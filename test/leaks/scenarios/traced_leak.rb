# frozen_string_literal: true

# A leak while allocations are traced: the line that allocates is known.
require "objspace"
require_relative "../scenario"

class Draft
  def initialize(text) = @text = text
end

DRAFTS = {}

Scenario.leaks "Draft", holder: "DRAFTS"
HeapDump.trace_allocations do
  Scenario.rounds do |round|
    100.times do |i|
      DRAFTS["#{round}.#{i}"] = Draft.new("draft #{round}.#{i}") # held here
    end
  end
end
