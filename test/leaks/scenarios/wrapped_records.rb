# frozen_string_literal: true

# Records in hashes in an array.
require_relative "../scenario"

class Invoice
  def initialize(number) = @number = "invoice #{number}"
end

class Outbox
  PENDING = [] # held here
end

Scenario.leaks "Invoice", "Hash", holder: "Outbox::PENDING"
Scenario.rounds { |round| 40.times { |i| Outbox::PENDING << { invoice: Invoice.new("#{round}.#{i}"), at: "t#{i}" } } }
