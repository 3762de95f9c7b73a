# frozen_string_literal: true

# A log that is one string.
require_relative "../scenario"

class Journal
  TEXT = +"" # held here
end

Scenario.leaks "String", holder: "Journal::TEXT"
Scenario.rounds { |round| 2_000.times { |i| Journal::TEXT << "line #{round}.#{i}\n" } }
