# frozen_string_literal: true

# Transactions that have ended are kept; the segments of each refer to one another and to it.
require_relative "../scenario"

class Segment
  attr_writer :children

  def initialize(transaction, parent, name)
    @transaction = transaction
    @parent = parent
    @name = "segment #{name}"
    @children = []
  end
end

class Transaction
  def initialize(number)
    @root = Segment.new(self, nil, number)
    children = Array.new(5) { |i| Segment.new(self, @root, "#{number}.#{i}") }
    @root.children = children
    @current = children.last
  end
end

module Agent # held here
  @finished = {}

  def self.finish(number) = @finished[number] = Transaction.new(number)
end

Scenario.leaks "Transaction", holder: "@finished of Agent", suspects: 1, objspace: "Agent"
Scenario.rounds { |round| 40.times { |i| Agent.finish((round * 100) + i) } }
