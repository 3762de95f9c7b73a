# frozen_string_literal: true

require_relative "../rounds"

# A leak that begins later, two listeners for each hundred requests; a cache for 400 names that are
# asked for by chance; a pool that grows and shrinks.

class Listener; end
class Name; end
class Connection; end

LISTENERS = Array.new(40) { Listener.new }
NAMES = {}
POOL = []
RANDOM = Random.new(1)

Rounds.run(12, requests: 1_000) do |round|
  20.times { LISTENERS << Listener.new } if round > 3
  120.times { NAMES[RANDOM.rand(400)] ||= Name.new }
  POOL.replace(Array.new([round * 12, 132 - (round * 12)].min.clamp(2, 60)) { Connection.new })
end
