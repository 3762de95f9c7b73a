# frozen_string_literal: true

# Frozen values.
require_relative "../scenario"

Coord = Struct.new(:lat, :lon, keyword_init: true)

class Track
  def self.points = @points ||= []
end

Scenario.leaks "Coord", holder: ["@points", "Track"]
Scenario.rounds { |round|
  200.times { |i|
    Track.points << Coord.new(lat: i * 1.5, lon: "#{round}").freeze
  }
}
