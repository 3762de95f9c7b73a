# frozen_string_literal: true

# The oldest entry goes when the cache is full, and it is full from the start.
require_relative "../scenario"

class Page
  def initialize(path) = @path = path
end

class Cache
  LIMIT = 200
  ENTRIES = {}

  def self.fetch(path)
    page = ENTRIES.delete(path) || Page.new(path)
    ENTRIES.shift if ENTRIES.size >= LIMIT
    ENTRIES[path] = page
  end
end

250.times { |i| Cache.fetch("start #{i}") }

Scenario.clean "200 entries at most", dumps: 4
Scenario.rounds { |round| 300.times { |i| Cache.fetch("#{round}.#{i}") } }
