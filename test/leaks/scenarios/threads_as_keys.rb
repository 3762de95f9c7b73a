# frozen_string_literal: true

# What each thread has asked for, by the thread: it stays when the thread has ended.
require_relative "../scenario"

class Connection
  def initialize(number) = @name = "connection #{number}"
end

module Pool
  RESERVED = {} # held here

  def self.lease(number) = RESERVED[Thread.current] ||= Connection.new(number)
end

Scenario.leaks "Thread", "Connection", holder: "Pool::RESERVED", suspects: 1, objspace: "Pool"
Scenario.rounds do |round|
  25.times { |i| Thread.new { Pool.lease((round * 100) + i) }.join }
end
