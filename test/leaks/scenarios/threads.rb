# frozen_string_literal: true

# Threads that wait for ever.
require_relative "../scenario"

class Task
  def initialize(name) = @name = name
end

QUEUE = Queue.new

def start(name)
  task = Task.new(name)
  Scenario.sleeper do # held here
    QUEUE.pop
    task
  end
end

Scenario.leaks "Thread", "Task", holder: "thread"
Scenario.rounds { |round| 6.times { |i| start("#{round}.#{i}") } }
