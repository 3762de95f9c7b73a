# frozen_string_literal: true

# A hash and an array that are filled and emptied, more each round: their tables stay large.
require_relative "../scenario"

HASH = {}
LIST = []

Scenario.clean "capacity without entries"
Scenario.rounds do |round|
  (round * 3_000).times do |i|
    HASH["key #{i}"] = i
    LIST << i
  end
  HASH.delete_if { true }
  LIST.pop until LIST.empty?
end
