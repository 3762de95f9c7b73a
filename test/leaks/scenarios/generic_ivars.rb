# frozen_string_literal: true

# Instance variables of a string.
require_relative "../scenario"

class Edit
  def initialize(text) = @text = text
end

TITLE = +"title" # held here
TITLE.instance_variable_set(:@edits, [])

Scenario.leaks "Edit", holder: ["@edits", "TITLE"]
Scenario.rounds { |round|
  50.times { |i|
    TITLE.instance_variable_get(:@edits) << Edit.new("#{round}.#{i}")
  }
}
