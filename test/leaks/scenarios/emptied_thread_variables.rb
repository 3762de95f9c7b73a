# frozen_string_literal: true

# A thread variable for each object, which is set to nil again; the name remains as a key.
require_relative "../scenario"

class Worker
  def initialize(number) = @key = :"busy_#{number}"

  def run
    Thread.current.thread_variable_set(@key, true)
    Thread.current.thread_variable_set(@key, nil)
  end
end

Scenario.leaks "Symbol", "Hash", holder: ["thread variable", "main thread"], suspects: 1
Scenario.rounds { |round| 200.times { |i| Worker.new("#{round}_#{i}").run } }
