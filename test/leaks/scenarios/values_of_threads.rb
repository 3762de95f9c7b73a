# frozen_string_literal: true

# Threads that have ended are kept, and with each of them what its block has returned.
require_relative "../scenario"

class Answer
  def initialize(text) = @text = text
end

class Pool
  class << self
    attr_accessor :threads
  end
end
Pool.threads = []

Scenario.leaks "Answer", "Thread", holder: "Pool"
Scenario.rounds do |round|
  40.times { |i| Pool.threads << Thread.new { Answer.new("answer #{round}.#{i}") }.tap(&:join) }
end
