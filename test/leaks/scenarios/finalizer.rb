# frozen_string_literal: true

# Finalizers of an object that is never collected, each with the variables around it.
require_relative "../scenario"

class Resource; end

POOL = Resource.new

class Ticket
  def initialize(name) = @name = name
end

def track(name)
  ticket = Ticket.new(name)
  ObjectSpace.define_finalizer(POOL, proc { ticket })
end

Scenario.leaks "Ticket", "Proc", holder: "finalizer"
Scenario.rounds { |round| 30.times { |i| track("ticket #{round}.#{i}") } }
