# frozen_string_literal: true

# The consumer is slower than the producer.
require_relative "../scenario"

class Parcel
  def initialize(name) = @name = name
end

BACKLOG = Queue.new # held here

Scenario.leaks "Parcel", holder: "BACKLOG", suspects: 1
Scenario.rounds do |round|
  100.times { |i| BACKLOG << Parcel.new("#{round}.#{i}") }
  20.times { BACKLOG.pop }
end
