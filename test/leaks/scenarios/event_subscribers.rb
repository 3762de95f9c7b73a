# frozen_string_literal: true

# Subscribers are objects, each registered in a publisher that lives on.
require_relative "../scenario"

class Publisher
  def initialize = @subscribers = Hash.new { |hash, topic| hash[topic] = [] }
  def subscribe(topic, subscriber) = @subscribers[topic] << subscriber
end

class Mailer
  def initialize(address) = @address = address
end

class Application
  def self.publisher = @publisher ||= Publisher.new
end

Scenario.leaks "Mailer", holder: ["@subscribers", "Publisher", "@publisher"]
Scenario.rounds do |round|
  35.times { |i| Application.publisher.subscribe(:order, Mailer.new("#{round}.#{i}@example")) }
end
