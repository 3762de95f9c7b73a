# frozen_string_literal: true

# Enumerators that were begun.
require_relative "../scenario"

class Page
  def initialize(rows) = @rows = rows
  def each = @rows.each { |row| yield row }
end

CURSORS = {} # held here

Scenario.leaks "Enumerator", "Page", holder: "CURSORS"
Scenario.rounds do |round|
  15.times { |i| (CURSORS["#{round}.#{i}"] = Page.new(%w[a b c]).to_enum(:each)).next }
end
