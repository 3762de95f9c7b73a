# frozen_string_literal: true

# A handler is replaced for each request: the one before is gone.
require_relative "../scenario"

class Reload
  def initialize(path) = @path = path
end

def install(path)
  reload = Reload.new(path)
  trap("USR1") { reload }
end

Scenario.clean "one handler at a time"
Scenario.rounds { |round| 60.times { |i| install("#{round}.#{i}") } }
