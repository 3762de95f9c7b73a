# frozen_string_literal: true

# Objects with methods of their own that refer to each other and to their object: nothing else does.
require_relative "../scenario"

class Part; end

def circle(number)
  first = Part.new
  second = Part.new
  text = "circle #{number} " * 100
  first.define_singleton_method(:other) { [second, text] }
  second.define_singleton_method(:other) { [first, text] }
  first.other.first.other
end

Scenario.clean "the circles die", dumps: 4, objspace: true
Scenario.rounds { |round| 100.times { |i| circle((round * 100) + i) } }
