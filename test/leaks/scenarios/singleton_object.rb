# frozen_string_literal: true

# The one instance of a class.
require "singleton"
require_relative "../scenario"

class Registry
  include Singleton

  def add(thing) = (@things ||= {})[thing.object_id] = thing
end

class Thing
  def initialize(name) = @name = name
end

Scenario.leaks "Thing", holder: ["@things", "Registry"]
Scenario.rounds { |round| 33.times { |i| Registry.instance.add(Thing.new("#{round}.#{i}")) } }
