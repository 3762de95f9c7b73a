# frozen_string_literal: true

# A cache in a cache in a cache, of one class; few of them hold a template, which is what is large.
require_relative "../scenario"

class Template
  def initialize(source) = @source = source
end

class Resolver
  def initialize = @children = {}
  def at(part) = @children[part] ||= Resolver.new
  def keep(template) = @template = template
end

ROOT = Resolver.new # held here

def resolve(round, number)
  leaf = [round, number, "index", "html", "en", "phone"].inject(ROOT) { |at, part| at.at("part #{part}") }
  leaf.keep(Template.new("<p>#{round} #{number}</p>" * 50))
end

Scenario.leaks "Resolver", "Template", holder: "ROOT", company: "Template"
Scenario.rounds { |round| 20.times { |i| resolve(round, i) } }
