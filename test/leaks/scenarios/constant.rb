# frozen_string_literal: true

# A constant keeps every session.
require_relative "../scenario"

class Session
  def initialize(user)
    @user = user
    @cart = ["book", { price: 3 }]
  end
end

SESSIONS = [] # held here

Scenario.leaks "Session", holder: "SESSIONS"
Scenario.rounds { |round| 100.times { |i| SESSIONS << Session.new("user #{round} #{i}") } }
