# frozen_string_literal: true

# Files that nobody closes.
require_relative "../scenario"

class Reader
  OPEN = [] # held here
end

Scenario.leaks "File", holder: "Reader::OPEN"
Scenario.rounds { |_round| 10.times { Reader::OPEN << File.open(__FILE__) } }
