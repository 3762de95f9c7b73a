# frozen_string_literal: true

# A leak beside larger things that grow lawfully: a cache that fills, a table loaded once, churn.
require_relative "../scenario"

class Product
  def initialize(name) = @name = name
end

class Price
  def initialize(text) = @text = text
end

class Click
  def initialize(text) = @text = text
end

class Clicks
  def initialize = @list = []
  def <<(click) = @list.push(click)
end

PRODUCTS = {}
PRICES = []
RECENT = []
CLICKS = Clicks.new # held here

Scenario.leaks "Click", holder: ["@list", "Clicks", "CLICKS"], dumps: 4
Scenario.rounds do |round|
  3_000.times { |i| PRODUCTS[i] ||= Product.new("product #{i}") }
  2_000.times { |i| PRICES << Price.new("price #{i}") } if round == 2
  500.times do |i|
    RECENT << Price.new("#{round}.#{i}")
    RECENT.shift if RECENT.size > 400
  end
  40.times { |i| CLICKS << Click.new("click #{round}.#{i}") }
end
