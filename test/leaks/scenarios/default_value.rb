# frozen_string_literal: true

# Hash.new([]): everything goes to the one default value.
require_relative "../scenario"

class Notice
  def initialize(text) = @text = text
end

LISTS = Hash.new([]) # held here

Scenario.leaks "Notice", holder: "LISTS"
Scenario.rounds { |round| 60.times { |i| LISTS[i] << Notice.new("#{round}.#{i}") } }
