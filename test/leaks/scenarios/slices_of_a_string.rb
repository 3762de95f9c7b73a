# frozen_string_literal: true

# The last bytes of large texts: each of them keeps the whole text.
require_relative "../scenario"

module Tokens
  TOKENS = [] # held here

  def self.read(number) = TOKENS << ("#{number} " * 100_000).byteslice(-60, 60)
end

Scenario.leaks "String", holder: "Tokens::TOKENS", suspects: 1,
                         reason: "shares the buffer of a String of", objspace: "Tokens"
Scenario.rounds { |round| 10.times { |i| Tokens.read((round * 100) + i) } }
