# frozen_string_literal: true

require_relative "../rounds"

# An LRU cache at its limit, and as many objects as are in flight.
class Entry; end
class Request; end
CACHE = {}
FLIGHT = []
RANDOM = Random.new(1)

Rounds.run do |round|
  300.times { |at| CACHE["key #{round} #{at}"] = Entry.new }
  CACHE.shift while CACHE.size > 300
  FLIGHT.replace(Array.new(20 + RANDOM.rand(200)) { Request.new })
end
