# frozen_string_literal: true

# A fiber-local for each request, named by its number.
require_relative "../scenario"

class Scope
  def initialize(name) = @name = name
end

Scenario.leaks "Scope", holder: ["current-…", "main thread"], suspects: 1
Scenario.rounds do |round|
  40.times { |i| Thread.current[:"current-#{(round * 40) + i}"] = Scope.new("scope #{i}") }
end
