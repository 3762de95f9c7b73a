# frozen_string_literal: true

# Every other round a customer is imported, whose contracts stay.
require_relative "../scenario"

class Contract
  def initialize(name) = @name = name
end

CONTRACTS = [] # held here
IMPORT = ->(round) { 100.times { |i| CONTRACTS << Contract.new("#{round}.#{i}") } }

IMPORT.call(0)
Scenario.leaks "Contract", holder: "CONTRACTS", dumps: 5, counts: [100, 200, 200, 300, 300]
Scenario.rounds { |round| IMPORT.call(round) if round.odd? }
