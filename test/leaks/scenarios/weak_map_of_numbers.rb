# frozen_string_literal: true

# A WeakMap forgets what dies, and numbers never do.
require_relative "../scenario"

module Ages # held here
  @by_id = ObjectSpace::WeakMap.new
  def self.note(id) = @by_id[id] = id
end

Scenario.leaks "ObjectSpace::WeakMap", holder: ["@by_id", "Ages"]
Scenario.rounds { |round| 2_000.times { |i| Ages.note((round * 10_000) + i) } }
