# frozen_string_literal: true

require_relative "../rounds"

# A cache for 400 names, which are asked for by chance, and a pool that grows and shrinks.
class Name; end
class Connection; end
NAMES = {}
POOL = []
RANDOM = Random.new(1)

Rounds.run(10) do |round|
  120.times { NAMES[RANDOM.rand(400)] ||= Name.new }
  POOL.replace(Array.new([round * 12, 100 - (round * 12)].min.clamp(2, 60)) { Connection.new })
end
