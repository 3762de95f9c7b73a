# frozen_string_literal: true

# Bindings for a debugger that never comes.
require_relative "../scenario"

class Job
  def initialize(id) = @id = id
  def context = binding
end

module Debug
  CONTEXTS = [] # held here
end

Scenario.leaks "Job", "Binding", holder: "Debug::CONTEXTS"
Scenario.rounds { |round| 20.times { |i| Debug::CONTEXTS << Job.new("#{round}.#{i}").context } }
