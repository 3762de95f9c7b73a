# frozen_string_literal: true

# An instance variable of the main object.
require_relative "../scenario"

class Hit
  def initialize(text) = @text = text
end

Scenario.leaks "Hit", holder: "@hits"
Scenario.rounds { |round| 50.times { |i| (@hits ||= []) << Hit.new("#{round}.#{i}") } }
