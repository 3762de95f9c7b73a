# frozen_string_literal: true

# A table is loaded once.
require_relative "../scenario"

class Row
  def initialize(text) = @text = text
end

TABLE = []

Scenario.clean "loaded in one round", dumps: 4
Scenario.rounds do |round|
  1_000.times { |i| TABLE << Row.new("row #{i}") } if round == 2
end
