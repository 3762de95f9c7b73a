# frozen_string_literal: true

require_relative "../rounds"

# A leak that begins later: two listeners for each hundred requests.
class Listener; end
LISTENERS = Array.new(40) { Listener.new }

Rounds.run(12, requests: 1_000) { |round| 20.times { LISTENERS << Listener.new } if round > 3 }
