# frozen_string_literal: true

# Method names made from data: each becomes a symbol for ever, with a method.
require_relative "../scenario"

class Record; end

Scenario.leaks "method", holder: "Record"
Scenario.rounds do |round|
  40.times { |i| Record.define_method("field_#{round}_#{i}") { i } }
end
