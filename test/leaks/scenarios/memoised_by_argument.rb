# frozen_string_literal: true

# Memoisation by an argument that never repeats, in an instance variable of a class.
require_relative "../scenario"

class Report
  def initialize(day) = @rows = Array.new(10) { |row| "#{day}/#{row}" }
end

class Reports # held here
  def self.for(day)
    @cache ||= {}
    @cache[day] ||= Report.new(day)
  end
end

Scenario.leaks "Report", holder: ["@cache", "Reports"]
Scenario.rounds { |round| 40.times { |i| Reports.for("day #{round}.#{i}") } }
