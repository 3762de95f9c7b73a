# frozen_string_literal: true

# A class for each request, kept by a registry.
require_relative "../scenario"

class Registry # held here
  def self.make(fields)
    @made ||= []
    @made << Class.new { attr_accessor(*fields) }
  end
end

Scenario.leaks "Class", holder: ["Registry", "@made"]
Scenario.rounds { |_round| 12.times { Registry.make(%i[name size]) } }
