# frozen_string_literal: true

# What they point to is free, the WeakRefs themselves are kept.
require "weakref"
require_relative "../scenario"

REFS = [] # held here

Scenario.leaks "WeakRef", holder: "REFS"
Scenario.rounds { |round| 100.times { |i| REFS << WeakRef.new("text #{round}.#{i}") } }
