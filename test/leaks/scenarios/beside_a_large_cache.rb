# frozen_string_literal: true

# Few small objects leak beside a cache that is large and stands still.
require_relative "../scenario"

class Blob
  def initialize(number) = @bytes = "blob #{number} " * 200
end

class Ticket
  def initialize(number) = @number = number
end

BLOBS = Array.new(3_000) { |i| Blob.new(i) }
OPEN = {} # held here

Scenario.leaks "Ticket", holder: "OPEN"
Scenario.rounds { |round| 5.times { |i| OPEN[(round * 10) + i] = Ticket.new(i) } }
