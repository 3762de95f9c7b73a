# frozen_string_literal: true

# A local variable of a loop that never ends.
require_relative "../scenario"

class Line
  def initialize(text) = @text = text
end

WORK = Queue.new
DONE = Queue.new

def consume
  seen = []
  while (round = WORK.pop)
    90.times { |i| seen << Line.new("line #{round}.#{i}") }
    DONE << true
  end
  seen.size
end

Thread.new { consume }

Scenario.leaks "Line", holder: ["seen", "consume"]
Scenario.rounds do |round|
  WORK << round
  DONE.pop
end
