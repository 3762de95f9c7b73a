# frozen_string_literal: true

# Before and after.
require_relative "../scenario"

class Cart
  def initialize(name) = @items = [name, name.upcase]
end

CARTS = {} # held here

Scenario.leaks "Cart", holder: "CARTS", dumps: 2
Scenario.rounds { |round| 400.times { |i| CARTS["cart #{round}.#{i}"] = Cart.new("#{i}") } }
