# frozen_string_literal: true

# Blocks for the end of the process, one per request.
require_relative "../scenario"

class Cleanup
  def initialize(path) = @path = path
end

def prepare(path)
  cleanup = Cleanup.new(path)
  at_exit { cleanup } # held here
end

Scenario.leaks "Cleanup", "Proc", holder: "at_exit"
Scenario.rounds { |round| 15.times { |i| prepare("#{round}.#{i}") } }
