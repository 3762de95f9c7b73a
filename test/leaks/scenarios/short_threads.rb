# frozen_string_literal: true

# Threads come and go; at each dump some are alive.
require_relative "../scenario"

class Work
  def initialize(name) = @name = name
end

GATE = Queue.new
live = []

Scenario.clean "threads that end", dumps: 4
Scenario.rounds do |round|
  live.each(&:kill).each(&:join)
  live.clear
  (round + 1).times { |i|
    work = Work.new("#{round}.#{i}"); live << Scenario.sleeper {
      GATE.pop; work
    }
  }
end
