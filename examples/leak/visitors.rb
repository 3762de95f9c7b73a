# frozen_string_literal: true

require "json"

# Visitors of the shop, on a few connections at once, one visit every few milliseconds on each.
class Visitors
  CONNECTIONS = 4
  PAUSE = 0.005 # seconds

  # Begin and end of a request, in seconds of the monotonic clock.
  Visit = Struct.new(:from, :to)

  # +note+: how many bytes each says more than it buys.
  def initialize(app, note: 0)
    @app = app
    @note = "n" * note
    @visits = Queue.new
  end

  # Lets them come for so many seconds, or while the block runs. Returns their visits.
  def come(seconds = nil)
    stopped = false
    threads = Array.new(CONNECTIONS) { |number| Thread.new { visit(number) until stopped } }
    seconds ? sleep(seconds) : yield
    stopped = true
    threads.each(&:join)
    Array.new(@visits.size) { @visits.pop }
  end

  def self.now
    Process.clock_gettime(Process::CLOCK_MONOTONIC)
  end

  # p50, p99 and max of the visits' latencies, in milliseconds.
  def self.latencies(visits)
    sorted = visits.map { |visit| (visit.to - visit.from) * 1000 }.sort
    [0.5, 0.99, 1.0].map { |share| sorted[[(sorted.size * share).ceil - 1, 0].max] }
  end

  private

  # A few on one connection, so that every worker gets some.
  def visit(number)
    @app.connect do |http|
      10.times do |i|
        cart = [{ name: "book", price: i }, { name: "tea", price: number }]
        cart << { name: @note, price: 0 } unless @note.empty?
        from = Visitors.now
        LeakingApp.body(http.post("/visits", { visitor: "v#{number}-#{i}", cart: }.to_json))
        @visits << Visit.new(from, Visitors.now)
        sleep PAUSE
      end
    end
  end
end
