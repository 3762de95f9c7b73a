# frozen_string_literal: true

# The program stands deeper in its methods at each dump.
require_relative "../scenario"

class Step
  def initialize(name) = @name = name
end

def descend(depth, &block)
  step = Step.new("#{depth}")
  return block.call if depth.zero?

  descend(depth - 1, &block)
ensure
  step.hash
end

Scenario.clean "deeper stacks", dumps: 3
m = Scenario
m.singleton_class.send(:public, :dump)
descend(2) { m.dump(0) }
descend(6) { m.dump(1) }
descend(12) { m.dump(2) }
