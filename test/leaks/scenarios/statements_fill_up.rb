# frozen_string_literal: true

# A cache of prepared statements, at most 1,000 of them. Requests ask for 1,000 different ones, more
# and more of which are there.
require_relative "../scenario"

class Statement
  def initialize(sql) = @sql = sql
end

class Statements
  LIMIT = 1_000

  def initialize = @cache = {}

  def prepare(sql)
    @cache.shift if @cache.size >= LIMIT && !@cache.key?(sql)
    @cache[sql] ||= Statement.new(sql)
  end
end

module Database
  STATEMENTS = Statements.new
end

random = Random.new(14)

Scenario.clean "at most 1,000 statements", says: "fills up", dumps: 5, objspace: true
Scenario.rounds do |_round|
  900.times { Database::STATEMENTS.prepare("SELECT #{random.rand(1_000)}") }
end
