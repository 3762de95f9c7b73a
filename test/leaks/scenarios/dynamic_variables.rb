# frozen_string_literal: true

# Instance variables and thread locals named after data.
require_relative "../scenario"

class View
  def initialize(name) = @name = name
end

class Views # held here
  def self.remember(id, view) = instance_variable_set("@view_#{id}", view)
end

Scenario.leaks "View", holder: "Views"
Scenario.rounds { |round|
  40.times { |i|
    Views.remember("#{round}#{i}", View.new("#{round}.#{i}"))
  }
}
