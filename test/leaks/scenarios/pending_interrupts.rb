# frozen_string_literal: true

# Exceptions for a thread that handles none while it works.
require_relative "../scenario"

class Cancelled < StandardError
end

BUSY = Scenario.sleeper { Thread.handle_interrupt(Cancelled => :never) { sleep } }

Scenario.leaks "Cancelled", holder: "pending interrupts"
Scenario.rounds { |round| 50.times { |i| BUSY.raise(Cancelled.new("#{round}.#{i}")) } }
