# frozen_string_literal: true

# Work and dumps are done in a fiber of the main thread, which is the main thread all the same.
require_relative "../scenario"

class Job
  def initialize(name) = @name = name
end

Thread.main.thread_variable_set(:jobs, [])

Scenario.leaks "Job", holder: [":jobs", "main thread"]
Fiber.new do
  Scenario.rounds do |round|
    50.times { |i| Thread.main.thread_variable_get(:jobs) << Job.new("#{round}.#{i}") }
  end
end.resume
