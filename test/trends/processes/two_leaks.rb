# frozen_string_literal: true

require_relative "../rounds"

# Two leaks, beside an LRU cache at its limit and objects in flight.

class Session
  def initialize(number)
    @name = "visitor #{number}, who has a long name"
  end
end
class Entry; end
class Request; end
Job = Struct.new(:arguments)

module Bus
  SUBSCRIBERS = []

  def self.subscribe(session)
    SUBSCRIBERS << -> { session }
  end
end

DONE = {}
CACHE = {}
FLIGHT = []
RANDOM = Random.new(1)

Rounds.run(8) do |round|
  30.times { |at| Bus.subscribe(Session.new((round * 30) + at)) }
  12.times { |at| DONE["job #{round} #{at}"] = Job.new([round, at]) }
  300.times { |at| CACHE["key #{round} #{at}"] = Entry.new }
  CACHE.shift while CACHE.size > 300
  FLIGHT.replace(Array.new(20 + RANDOM.rand(200)) { Request.new })
end
