# frozen_string_literal: true

# A regexp for each word.
require_relative "../scenario"

class Matcher
  PATTERNS = {} # held here
  def self.for(word) = PATTERNS[word] ||= Regexp.new("\\b#{word}\\b", Regexp::IGNORECASE)
end

Scenario.leaks "Regexp", holder: "Matcher::PATTERNS"
Scenario.rounds { |round| 40.times { |i| Matcher.for("word#{round}x#{i}") } }
