# frozen_string_literal: true

# Thread#[] belongs to the fiber: this one lives on, suspended.
require_relative "../scenario"

class Message
  def initialize(text) = @text = text
end

FIBER = Fiber.new do |round|
  loop do
    inbox = Thread.current[:inbox] ||= []
    70.times { |i| inbox << Message.new("message #{round}.#{i}") }
    inbox = nil
    round = Fiber.yield
  end
end

Scenario.leaks "Message", holder: "inbox"
Scenario.rounds { |round| FIBER.resume(round) }
