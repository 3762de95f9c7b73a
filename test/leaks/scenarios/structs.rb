# frozen_string_literal: true

# Structs in structs, in an instance variable of an object in a constant.
require_relative "../scenario"

Amount = Struct.new(:cents, :currency)
Booking = Struct.new(:text, :amount)
Ledger = Struct.new(:bookings)

LEDGER = Ledger.new([]) # held here

Scenario.leaks "Booking", holder: ["bookings", "Ledger", "LEDGER"]
Scenario.rounds do |round|
  45.times { |i| LEDGER.bookings << Booking.new("booking #{round}.#{i}", Amount.new(i, "E#{i}")) }
end
