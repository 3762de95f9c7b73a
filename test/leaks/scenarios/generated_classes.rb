# frozen_string_literal: true

# A class for each customer, as a constant.
require_relative "../scenario"

module Customers
  NAMES = %w[alpha beta gamma delta epsilon zeta eta theta iota kappa].freeze

  def self.make(round, name)
    const_set("#{name}_of_#{round}".capitalize, Class.new { attr_accessor :orders }) # held here
  end
end

Scenario.leaks "Class", holder: "Customers"
Scenario.rounds { |round| Customers::NAMES.each { |name| Customers.make("abcdef"[round], name) } }
