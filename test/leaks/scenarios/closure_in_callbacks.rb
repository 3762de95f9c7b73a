# frozen_string_literal: true

# Nobody unsubscribes: each block keeps the variables of the method that made it.
require_relative "../scenario"

class Order
  def initialize(id) = @lines = Array.new(5) { |line| "order #{id} line #{line}" }
  def reprice = @lines.size
end

module Bus
  SUBSCRIBERS = { price: [], stock: [] }.freeze # held here

  def self.subscribe(event, &block) = SUBSCRIBERS.fetch(event) << block
end

def handle(id)
  order = Order.new(id)
  Bus.subscribe(:price) { order.reprice }
end

Scenario.leaks "Order", holder: ["Bus::SUBSCRIBERS", "order"]
Scenario.rounds { |round| 60.times { |i| handle("#{round}-#{i}") } }
