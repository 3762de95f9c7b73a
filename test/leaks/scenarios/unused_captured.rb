# frozen_string_literal: true

# A callback that uses nothing of the request in which it was made, and keeps all of it.
require_relative "../scenario"

class Request
  def initialize(number) = @body = "request #{number} " * 2_000
end

module Hooks
  AFTER = []

  def self.after(&block) = AFTER << block
end

def handle(number)
  request = Request.new(number)
  Hooks.after { :done } # held here
  request
end

Scenario.leaks "Request", holder: ["request captured by proc", "Hooks::AFTER"], suspects: 1,
                          objspace: "Hooks"
Scenario.rounds { |round| 30.times { |i| handle("#{round}.#{i}") } }
