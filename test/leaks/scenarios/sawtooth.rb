# frozen_string_literal: true

# Fills and empties.
require_relative "../scenario"

class Item
  def initialize(text) = @text = text
end

BUFFER = []

Scenario.clean "flushed now and then", dumps: 6
Scenario.rounds { |round|
  BUFFER.clear if round == 3; 80.times { |i|
    BUFFER << Item.new("#{round}.#{i}")
  }
}
