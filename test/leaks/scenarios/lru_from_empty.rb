# frozen_string_literal: true

# An LRU cache that is empty at the first dump, and full at the second.
require_relative "../scenario"

class Entry
  def initialize(text) = @text = text
end

CACHE = {}

Scenario.clean "100 at most", dumps: 3
Scenario.rounds { |round|
  400.times { |i|
    CACHE.shift if CACHE.size >= 100; CACHE["#{round}.#{i}"] = Entry.new("#{i}")
  }
}
