# frozen_string_literal: true

# One object is extended again and again: its ancestors grow.
require_relative "../scenario"

class Service; end

SERVICE = Service.new # held here

Scenario.leaks "Module", "ICLASS", holder: "SERVICE"
Scenario.rounds do |_round|
  10.times do
    SERVICE.extend(Module.new { def call = super })
  end
end
