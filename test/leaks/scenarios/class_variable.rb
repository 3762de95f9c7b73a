# frozen_string_literal: true

# A class variable that counts its instances by keeping them.
require_relative "../scenario"

class Job # held here
  @@all = []

  def initialize(name)
    @name = name
    @@all << self
  end
end

Scenario.leaks "Job", holder: ["@@all", "Job"]
Scenario.rounds { |round| 50.times { |i| Job.new("job #{round}.#{i}") } }
