# frozen_string_literal: true

# Documents whose nodes know their parents and their document.
require_relative "../scenario"

class Document
  attr_reader :root

  def initialize(name)
    @name = name
    @root = Element.new(self, nil, 3)
  end
end

class Element
  def initialize(document, parent, depth)
    @document = document
    @parent = parent
    @children = depth.zero? ? [] : Array.new(2) { Element.new(document, self, depth - 1) }
  end
end

class Editor # held here
  @@open = []
  def self.open(name) = @@open << Document.new(name).root
end

Scenario.leaks "Element", "Document", holder: ["@@open", "Editor"]
Scenario.rounds { |round| 20.times { |i| Editor.open("#{round}.#{i}") } }
