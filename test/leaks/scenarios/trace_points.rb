# frozen_string_literal: true

# TracePoints that are never disabled.
require_relative "../scenario"

class Probe
  def initialize(name) = @name = name
  def seen(_) = nil
end

def watch(name)
  probe = Probe.new(name)
  TracePoint.new(:thread_begin) { |tp| probe.seen(tp) }.enable
end

Scenario.leaks "Probe", "TracePoint", holder: ""
Scenario.rounds { |round| 12.times { |i| watch("#{round}.#{i}") } }
