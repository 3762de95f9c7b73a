# frozen_string_literal: true

# Method objects as callbacks.
require_relative "../scenario"

class Listener
  def initialize(name) = @name = name
  def call(*) = @name
end

class Hub # held here
  @callbacks = []
  def self.on(&block) = @callbacks << block
end

Scenario.leaks "Listener", holder: ["@callbacks", "Hub"]
Scenario.rounds { |round| 25.times { |i| Hub.on(&Listener.new("#{round}.#{i}").method(:call)) } }
