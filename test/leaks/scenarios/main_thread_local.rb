# frozen_string_literal: true

# Thread#[] of the main thread.
require_relative "../scenario"

class Entry
  def initialize(text) = @text = text
end

Scenario.leaks "Entry", holder: "audit"
Scenario.rounds { |round|
  33.times { |i|
    (Thread.current[:audit] ||= []) << Entry.new("#{round}.#{i}")
  }
}
