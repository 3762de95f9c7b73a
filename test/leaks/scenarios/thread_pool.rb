# frozen_string_literal: true

# A pool of workers as of a server; each remembers every request in a local of its loop.
require_relative "../scenario"

class Request
  def initialize(path) = @env = { "PATH_INFO" => path, "rack.input" => "x" * 30 }
end

class Pool
  def initialize(size)
    @todo = Queue.new
    @done = Queue.new
    @workers = Array.new(size) { |i| Thread.new { work("srv #{i}") } }
  end

  def run(paths)
    paths.each { |path| @todo << path }
    paths.size.times { @done.pop }
  end

  private

  def work(name)
    Thread.current.name = name
    served = []
    while (path = @todo.pop)
      served << Request.new(path)
      sleep(0.001) # so that each of them gets some in each round
      @done << true
    end
    served.size
  end
end

POOL = Pool.new(4)

Scenario.leaks "Request", holder: ["served", "work"]
Scenario.rounds { |round| POOL.run(Array.new(120) { |i| "/#{round}/#{i}" }) }
