# frozen_string_literal: true

require_relative "../rounds"

class Session
  def initialize(number)
    @name = "visitor #{number}, who has a long name"
  end
end
Job = Struct.new(:arguments)

module Bus
  SUBSCRIBERS = []

  def self.subscribe(session)
    SUBSCRIBERS << -> { session }
  end
end
DONE = {}

Rounds.run do |round|
  30.times { |at| Bus.subscribe(Session.new((round * 30) + at)) }
  12.times { |at| DONE["job #{round} #{at}"] = Job.new([round, at]) }
end
