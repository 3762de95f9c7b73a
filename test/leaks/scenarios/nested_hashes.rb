# frozen_string_literal: true

# Hashes in hashes: by country, city and name.
require_relative "../scenario"

class Customer
  def initialize(name) = @name = name
end

DIRECTORY = Hash.new { |hash, key| hash[key] = {} } # held here

def add(round, number)
  city = DIRECTORY["country #{number % 3}"]["city #{number % 5}"] ||= {}
  city["customer #{round}.#{number}"] = Customer.new("customer #{round}.#{number}")
end

Scenario.leaks "Customer", holder: "DIRECTORY"
Scenario.rounds { |round| 75.times { |i| add(round, i) } }
