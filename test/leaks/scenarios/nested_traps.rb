# frozen_string_literal: true

# A handler that calls the one before it, installed again for each request.
require_relative "../scenario"

class Reload
  def initialize(path) = @path = path
  def run = @path
end

def install(path)
  reload = Reload.new(path)
  before = trap("USR1") do
    reload.run
    before.call if before.respond_to?(:call)
  end
end

Scenario.leaks "Reload", "Proc", holder: "handler of SIGUSR1"
Scenario.rounds { |round| 60.times { |i| install("#{round}.#{i}") } }
