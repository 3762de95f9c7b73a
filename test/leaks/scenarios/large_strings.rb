# frozen_string_literal: true

# One large string in each round.
require_relative "../scenario"

class Uploads # held here
  @bodies = []
  def self.keep(body) = @bodies << body
end

Scenario.leaks "String", holder: ["@bodies", "Uploads"]
Scenario.rounds { |round| Uploads.keep("#{round}" * 1_000_000) }
