# frozen_string_literal: true

# Each document is in a list and in an index.
require_relative "../scenario"

class Document
  def initialize(text) = @text = text
end

DOCUMENTS = []
INDEX = {}

def add(name)
  document = Document.new(name)
  DOCUMENTS << document
  INDEX[name] = document
end

Scenario.leaks "Document", holder: [%w[DOCUMENTS INDEX]]
Scenario.rounds { |round| 88.times { |i| add("document #{round}.#{i}") } }
