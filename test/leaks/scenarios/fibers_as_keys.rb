# frozen_string_literal: true

# A level for each fiber, which nobody takes back when the fiber has ended: the keys stay.
require_relative "../scenario"

class Journal # held here
  def initialize
    @levels = {}
  end

  def with_level(level)
    @levels[Fiber.current] = level
    yield
  end
end

module App
  JOURNAL = Journal.new
end

Scenario.leaks "Fiber", holder: ["@levels of Journal", "App::JOURNAL"], objspace: "App"
Scenario.rounds { |_round| 30.times { Fiber.new { App::JOURNAL.with_level(:warn) { nil } }.resume } }
