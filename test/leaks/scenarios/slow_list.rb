# frozen_string_literal: true

# A list that grows at its head, by one in each round.
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

Scenario.leaks "Node", holder: ["History", "@head"], dumps: 4
Scenario.rounds { |round| History.head = Node.new(round.to_s, History.head) }
