# frozen_string_literal: true

# A list that grows at its end, each element of two objects that hold each other.
require_relative "../scenario"

class Cell
  attr_writer :next_link

  def initialize(value) = @value = value
end

class Link
  def initialize(cell, before)
    @cell = cell
    @before = before
  end
end

class Chain
  def initialize = @first = @last = Cell.new("first")

  def add(value)
    cell = Cell.new(value)
    @last.next_link = Link.new(cell, @last)
    @last = cell
  end
end

CHAIN = Chain.new # held here

Scenario.leaks "Link", "Cell", holder: "CHAIN"
Scenario.rounds { |round| 120.times { |i| CHAIN.add("#{round}.#{i}") } }
