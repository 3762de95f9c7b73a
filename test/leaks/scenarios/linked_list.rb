# frozen_string_literal: true

# A list that grows at its head.
require_relative "../scenario"

class Node
  def initialize(value, following)
    @value = value
    @following = following
  end
end

class History # held here
  class << self
    attr_accessor :head
  end
end

Scenario.leaks "Node", holder: ["History", "@head"]
Scenario.rounds { |round| 150.times { |i| History.head = Node.new("#{round}.#{i}", History.head) } }
