# frozen_string_literal: true

# Buffers of 64 KiB of which 100 bytes are kept: each string keeps its buffer.
require_relative "../scenario"

module Packets
  KEPT = [] # held here

  def self.read(number)
    buffer = String.new(capacity: 64 * 1024)
    KEPT << buffer.replace(buffer << ("packet #{number} " * 10)[0, 100])
  end
end

Scenario.leaks "String", holder: "Packets::KEPT", suspects: 1, reason: "room for 64.0 KiB and uses 100 B",
                         objspace: "Packets"
Scenario.rounds { |round| 20.times { |i| Packets.read((round * 100) + i) } }
