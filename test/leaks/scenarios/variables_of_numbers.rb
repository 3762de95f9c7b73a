# frozen_string_literal: true

# An instance variable for each day and page, which is a number.
require_relative "../scenario"

class Hits # held here
  def count(page) = instance_variable_set("@#{page}", 1)
end

HITS = Hits.new

Scenario.leaks "instance variable", holder: ["@day_", "Hits"]
Scenario.rounds { |round| 30.times { |i| HITS.count("day_#{round}_#{i}") } }
