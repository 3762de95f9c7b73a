# frozen_string_literal: true

# Timers in a heap: those that are cancelled wait for their time, an hour from now.
require_relative "../scenario"

class Timer
  attr_reader :at

  def initialize(at, &block)
    @at = at
    @block = block
  end

  def cancel = @block = nil
end

class Timers # held here
  def initialize = @heap = []

  def after(seconds, &block)
    timer = Timer.new(Time.now.to_f + seconds, &block)
    @heap << timer
    up(@heap.size - 1)
    timer
  end

  private

  def up(place)
    while place.positive? && @heap[place].at < @heap[(place - 1) / 2].at
      above = (place - 1) / 2
      @heap[place], @heap[above] = @heap[above], @heap[place]
      place = above
    end
  end
end

module Reactor
  TIMERS = Timers.new
end

Scenario.leaks "Timer", holder: ["@heap of Timers", "Reactor::TIMERS"], suspects: 1,
                        objspace: "Reactor"
Scenario.rounds do |_round|
  80.times { |i| Reactor::TIMERS.after(3_600 - i) { :too_late }.cancel }
end
