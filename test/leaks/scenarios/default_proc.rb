# frozen_string_literal: true

# A hash whose default proc stores what it makes, read with keys that never repeat.
require_relative "../scenario"

class Bucket
  def initialize(name) = @name = name
end

BUCKETS = Hash.new { |hash, name| hash[name] = Bucket.new(name) } # held here

Scenario.leaks "Bucket", holder: "BUCKETS"
Scenario.rounds { |round| 70.times { |i| BUCKETS["ip #{round}.#{i}"] } }
