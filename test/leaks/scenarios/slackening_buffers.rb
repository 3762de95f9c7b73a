# frozen_string_literal: true

# Buffers that keep the longest message of each connection, so that they grow ever more seldom.
require_relative "../scenario"

BUFFERS = Array.new(8) { +"" }

Scenario.clean "buffers that fill up"
Scenario.rounds do |round|
  20_000.times { |i| "message #{i}" }
  BUFFERS.each { |buffer| buffer << ("x" * [6_000, 2_500][round - 1]) }
end
