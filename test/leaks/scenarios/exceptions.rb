# frozen_string_literal: true

# Errors kept for a report, with backtraces.
require_relative "../scenario"

module Errors # held here
  class << self
    def seen = @seen ||= []
  end
end

Scenario.leaks "ArgumentError", holder: ["@seen", "Errors"]
Scenario.rounds do |round|
  40.times { |i|
    begin; raise ArgumentError, "bad #{round}.#{i}"; rescue => e; Errors.seen << e; end
  }
end
