# frozen_string_literal: true

# The finalizer's block captures the object that it is for: it is never collected.
require_relative "../scenario"

class Connection
  def initialize(host)
    @host = host
    ObjectSpace.define_finalizer(self, proc { close })
  end

  def close; end
end

Scenario.leaks "Connection", holder: "finalizer"
Scenario.rounds { |round| 40.times { |i| Connection.new("host #{round}.#{i}") } }
