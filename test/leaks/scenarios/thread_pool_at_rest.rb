# frozen_string_literal: true

# The same without the leak; more threads for a while.
require_relative "../scenario"

class Request
  def initialize(path) = @env = { "PATH_INFO" => path }
end

class Pool
  def initialize
    @todo = Queue.new
    @done = Queue.new
    @workers = []
  end

  def grow = @workers << Thread.new { work }

  def run(paths)
    paths.each { |path| @todo << path }
    paths.size.times { @done.pop }
  end

  private

  def work
    while (path = @todo.pop)
      request = Request.new(path)
      @done << request.hash
    end
  end
end

POOL = Pool.new
2.times { POOL.grow }

Scenario.clean "a pool that grows to its size", dumps: 4
Scenario.rounds do |round|
  3.times { POOL.grow } if round == 1
  POOL.run(Array.new(100) { |i| "/#{round}/#{i}" })
end
