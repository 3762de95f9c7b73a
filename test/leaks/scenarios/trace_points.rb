# frozen_string_literal: true

# A trace point per request, which nobody disables.
require_relative "../scenario"

class Watch
  def initialize(name) = @name = name
end

def watch(name)
  watch = Watch.new(name)
  TracePoint.new(:class) { watch }.enable
end

Scenario.leaks "Watch", "TracePoint", "Proc", holder: "trace point"
Scenario.rounds { |round| 15.times { |i| watch("#{round}.#{i}") } }
