# frozen_string_literal: true

# A class includes a new module for each plugin, again and again.
require_relative "../scenario"

class Host # held here
end

Scenario.leaks "Module", "ICLASS", holder: "Host"
Scenario.rounds { |_round| 8.times { Host.include(Module.new { def go = super }) } }
