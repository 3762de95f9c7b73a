# frozen_string_literal: true

# A fiber-local for each job, which is true or false: names without objects.
require_relative "../scenario"

Scenario.leaks "fiber-local", holder: ["running_", "main thread"], suspects: 1
Scenario.rounds { |round| 60.times { |i| Thread.current["running_#{round}_#{i}"] = false } }
