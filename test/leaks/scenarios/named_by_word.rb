# frozen_string_literal: true

# Thread-locals named by words.
require_relative "../scenario"

class Context
  def initialize(name) = @name = name
end

WORDS = ("aa".."zz").to_a

Scenario.leaks "Context", holder: ""
Scenario.rounds { |round|
  40.times { |i|
    w = WORDS[(round * 40) + i]; Thread.current[:"ctx_#{w}"] = Context.new(w)
  }
}
