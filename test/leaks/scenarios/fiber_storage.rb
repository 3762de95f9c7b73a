# frozen_string_literal: true

# Fiber[] of a thread of a pool, which each request fills (Ruby >= 3.2; before, Thread#[] does it).
require_relative "../scenario"

class Entry
  def initialize(text) = @text = text
end

WORK = Queue.new
DONE = Queue.new

def log
  return Fiber[:log] ||= [] if Fiber.respond_to?(:[])

  Thread.current[:log] ||= []
end

Thread.new do
  while (round = WORK.pop)
    70.times { |i| log << Entry.new("entry #{round}.#{i}") }
    DONE << true
  end
end

Scenario.leaks "Entry", holder: [Fiber.respond_to?(:[]) ? "fiber storage :log (Fiber[:log])" : "log", "thread"]
Scenario.rounds do |round|
  WORK << round
  DONE.pop
end
