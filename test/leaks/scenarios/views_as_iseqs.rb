# frozen_string_literal: true

# A view is compiled for each request, and the compiled code is kept.
require_relative "../scenario"

module Views
  COMPILED = [] # held here

  def self.render(number)
    COMPILED << RubyVM::InstructionSequence.compile("\"<p>#{number}</p>\" + Time.now.to_s")
    COMPILED.last.eval
  end
end

Scenario.leaks "RubyVM::InstructionSequence", holder: "Views::COMPILED", suspects: 1,
               objspace: "Views"
Scenario.rounds { |round| 40.times { |i| Views.render("#{round}_#{i}") } }
