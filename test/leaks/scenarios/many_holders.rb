# frozen_string_literal: true

# A hundred sessions live lawfully; the list in each of them grows.
require_relative "../scenario"

class Message
  def initialize(text) = @text = text
end

class Session
  attr_reader :inbox

  def initialize(name)
    @name = name
    @inbox = []
  end
end

SESSIONS = Array.new(100) { |i| Session.new("session #{i}") } # held here

Scenario.leaks "Message", holder: ["@inbox", "Session", "SESSIONS"]
Scenario.rounds do |round|
  SESSIONS.each { |session| 3.times { |i| session.inbox << Message.new("#{round}.#{i}") } }
end
