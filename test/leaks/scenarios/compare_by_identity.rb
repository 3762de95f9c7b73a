# frozen_string_literal: true

# Annotations keyed by objects.
require_relative "../scenario"

class Ast
  def initialize(source) = @source = source
end

class Annotations # held here
  @types = {}.compare_by_identity

  def self.note(ast) = @types[ast] = "Integer"
end

Scenario.leaks "Ast", holder: ["@types", "Annotations"]
Scenario.rounds { |round| 65.times { |i| Annotations.note(Ast.new("ast #{round}.#{i}")) } }
