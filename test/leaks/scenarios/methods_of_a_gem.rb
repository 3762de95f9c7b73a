# frozen_string_literal: true

# A gem makes a reader for a class; its block has captured the list, and adds nothing to it.
require_relative "../scenario"

eval <<~CODE, TOPLEVEL_BINDING, "/srv/gems/attributes-1.2/lib/attributes.rb", 1
  module Attributes
    def list_attribute(name)
      list = []
      define_singleton_method(name) { list }
    end
  end
CODE

class Callback
  def initialize(name) = @name = name
end

class Events # held here
  extend Attributes
  list_attribute :callbacks

  def self.on(name) = callbacks << Callback.new(name)
end

Scenario.leaks "Callback", holder: ["list", "callbacks"]
Scenario.rounds { |round| 40.times { |i| Events.on("#{round}.#{i}") } }
