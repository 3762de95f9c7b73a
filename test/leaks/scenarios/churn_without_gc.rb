# frozen_string_literal: true

# Much is made and dropped; nothing is collected before a dump.
require_relative "../scenario"

class Temporary
  def initialize(text) = @text = text
end

GC.disable

Scenario.clean "garbage", gc: false
Scenario.rounds do |round|
  2_000.times { |i| Temporary.new("#{round}.#{i}") }
end
