# frozen_string_literal: true

# Singleton methods made from data on one object.
require_relative "../scenario"

class Config; end

CONFIG = Config.new # held here

Scenario.leaks "method", holder: "CONFIG"
Scenario.rounds do |round|
  30.times { |i| CONFIG.define_singleton_method("option_#{round}_#{i}") { "value #{i}" } }
end
