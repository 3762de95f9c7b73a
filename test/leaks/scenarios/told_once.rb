# frozen_string_literal: true

# A job is in a list by its number, its name in another, the pair of both in a queue.
require "set"
require_relative "../scenario"

class Job
  attr_reader :name

  def initialize(name) = @name = name
end

module Jobs # held here
  @by_id = {}
  @names = []
  @queue = []
  @seen = Set.new
  def self.start(id, name)
    job = @by_id[id] = Job.new(name)
    @names << job.name
    @queue << [id, job]
    @seen << job
  end
end

Scenario.leaks "Job", holder: "Jobs", suspects: 1
Scenario.rounds { |round| 50.times { |i| Jobs.start((round * 1000) + i, "job #{round}.#{i}") } }
