# frozen_string_literal: true

# One thread that has ended, whose value is a list that grows.
require_relative "../scenario"

class Answer
  def initialize(text) = @text = text
end

class Worker
  def start
    @thread = Thread.new { [] }.tap(&:join)
  end

  def add(answer) = @thread.value << answer
end

WORKER = Worker.new.tap(&:start)

Scenario.leaks "Answer", holder: "value of dead thread"
Scenario.rounds { |round| 80.times { |i| WORKER.add(Answer.new("answer #{round}.#{i}")) } }
