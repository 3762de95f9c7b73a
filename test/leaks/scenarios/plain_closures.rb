# frozen_string_literal: true

# Blocks that keep nothing but strings: what grows are procs.
require_relative "../scenario"

class Hooks
  def initialize = @after = []
  def after(&block) = @after << block
end

HOOKS = Hooks.new # held here

def register(name)
  HOOKS.after { name.size }
end

Scenario.leaks "Proc", holder: ["@after", "Hooks", "HOOKS"]
Scenario.rounds { |round| 25.times { |i| register("hook #{round}.#{i}") } }
