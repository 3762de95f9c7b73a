# frozen_string_literal: true

# A WeakMap holds nothing.
require_relative "../scenario"

class Image
  def initialize(name) = @name = name
end

WEAK = ObjectSpace::WeakMap.new
NAMES = Array.new(10) { |i| "image #{i}" }.freeze

Scenario.clean "weak references"
Scenario.rounds { |round| 100.times { |i| WEAK[Image.new("#{round}.#{i}")] = NAMES[i % 10] } }
