# frozen_string_literal: true

# Fibers that wait for an answer that never comes, each with what it has read.
require_relative "../scenario"

class Upload
  def initialize(id) = @chunks = Array.new(3) { |chunk| "upload #{id} chunk #{chunk}" }
end

WAITING = {} # held here

def start(id)
  fiber = Fiber.new do
    upload = Upload.new(id)
    Fiber.yield
    upload
  end
  fiber.resume
  WAITING[id] = fiber
end

Scenario.leaks "Fiber", "Upload", holder: "WAITING"
Scenario.rounds { |round| 20.times { |i| start("#{round}-#{i}") } }
