# frozen_string_literal: true

# A global variable.
require_relative "../scenario"

class Event
  def initialize(text) = @text = text
end

$events = []

Scenario.leaks "Event", holder: "$events"
Scenario.rounds { |round| 200.times { |i| $events << Event.new("event #{round}.#{i}") } }
