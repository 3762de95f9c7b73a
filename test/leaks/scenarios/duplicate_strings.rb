# frozen_string_literal: true

# The same text again and again.
require_relative "../scenario"

class Access
  LOG = [] # held here
end

Scenario.leaks "String", holder: "Access::LOG"
Scenario.rounds { |_round| 500.times { Access::LOG << ("GET /index.html HTTP/1.1 " * 4) } }
