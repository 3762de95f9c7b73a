# frozen_string_literal: true

# A pool of connections, renewed in each round.
require_relative "../scenario"

class Conn
  def initialize(name) = @name = name
end

class Pool
  def initialize = renew(0)
  def renew(round) = @conns = Array.new(20) { |i| Conn.new("#{round}.#{i}") }
end

POOL = Pool.new

Scenario.clean "always twenty"
Scenario.rounds { |round| POOL.renew(round) }
