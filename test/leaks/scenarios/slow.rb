# frozen_string_literal: true

# One object in each round.
require_relative "../scenario"

class Snapshot
  def initialize(number) = @rows = Array.new(20) { |row| "#{number}/#{row}" }
end

class Archive # held here
  @@kept = {}

  def self.keep(number) = @@kept["day #{number}"] = Snapshot.new(number)
end

Scenario.leaks "Snapshot", holder: ["@@kept", "Archive"], dumps: 5
Scenario.rounds { |round| Archive.keep(round) }
