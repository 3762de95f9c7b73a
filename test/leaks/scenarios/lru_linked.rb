# frozen_string_literal: true

# An LRU cache of a hash and a doubly linked list, full before the first dump.
require_relative "../scenario"

class LRU
  Node = Struct.new(:key, :value, :prev, :next)
  def initialize(max) = (@max = max; @map = {}; @head = nil; @tail = nil)

  def put(key, value)
    node = Node.new(key, value, nil, @head)
    @head.prev = node if @head
    @head = node
    @tail ||= node
    @map[key] = node
    return if @map.size <= @max

    @map.delete(@tail.key); @tail = @tail.prev; @tail.next = nil
  end
end

LRU_CACHE = LRU.new(150)
200.times { |i| LRU_CACHE.put("start #{i}", "value #{i}") }

Scenario.clean "150 at most"
Scenario.rounds { |round| 90.times { |i| LRU_CACHE.put("#{round}.#{i}", "value #{i}") } }
