# frozen_string_literal: true

# A buffer of fixed size, written round and round.
require_relative "../scenario"

class Sample
  def initialize(value) = @value = value
end

class Ring
  def initialize(size)
    @samples = Array.new(size) { |i| Sample.new("start #{i}") }
    @position = 0
  end

  def <<(sample)
    @samples[@position] = sample
    @position = (@position + 1) % @samples.size
  end
end

RING = Ring.new(128)

Scenario.clean "a ring of 128"
Scenario.rounds { |round| 77.times { |i| RING << Sample.new("#{round}.#{i}") } }
