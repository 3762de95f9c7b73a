# frozen_string_literal: true

# Before and after some work that leaves nothing.
require_relative "../scenario"

class Basket
  def initialize(name) = @items = [name, name.upcase]
end

Scenario.clean "work that leaves nothing", dumps: 2
Scenario.rounds { |round| 400.times { |i| Basket.new("#{round}.#{i}") } }
