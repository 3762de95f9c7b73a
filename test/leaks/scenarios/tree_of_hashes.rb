# frozen_string_literal: true

# Hashes in hashes in hashes; few of them hold what the program knows.
require_relative "../scenario"

class Fragment
  def initialize(source) = @source = source
end

VIEWS = Hash.new { |hash, key| hash[key] = Hash.new(&hash.default_proc) } # held here

def store(round, number)
  VIEWS["r#{round}"]["n#{number}"]["index"]["html"]["en"]["phone"]["v1"] = Fragment.new("#{number}" * 900)
end

Scenario.leaks "Fragment", holder: "VIEWS"
Scenario.rounds { |round| 20.times { |i| store(round, i) } }
