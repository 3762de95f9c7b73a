# frozen_string_literal: true

# A hash in a module's constant, keyed by strings.
require_relative "../scenario"

module App
  module Store
    Entry = Struct.new(:name, :body)
    CACHE = {} # held here

    def self.put(name)
      CACHE[name] = Entry.new(name, "x" * 100)
    end
  end
end

Scenario.leaks "App::Store::Entry", holder: "App::Store::CACHE", dumps: 5
Scenario.rounds { |round| 30.times { |i| App::Store.put("key-#{round}-#{i}") } }
