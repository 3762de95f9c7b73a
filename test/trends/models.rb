# frozen_string_literal: true

require_relative "world"

module Trends
  # Lines of numbers whose truth is known: each model makes some by a World, and says which verdicts
  # are right for each of them.
  module Models
    # +numbers+:: one for each dump; +right+:: the verdicts that are right (Array of Symbol)
    Line = Struct.new(:numbers, :right, :least)

    LEAK = %i[leak].freeze
    SLOW = %i[slow].freeze
    # What neither grows nor fills up, whatever of the two it is called.
    NONE = %i[static fast].freeze
    ANY_BUT_LEAK = %i[static fast slow unknown].freeze

    # By name: the options of the World, and the block that makes the lines.
    ALL = {} # rubocop:disable Style/MutableConstant -- filled below

    def self.model(name, **options, &block)
      ALL[name] = [options, block]
    end
    private_class_method :model

    # The World and the lines (Hash of name to Line) of a model.
    def self.make(name, seed)
      options, block = ALL.fetch(name)
      world = World.new(seed, **options)
      lines = block.call(world).to_h do |key, values, right, least|
        [key, Line.new(values, right, least || 10)]
      end
      [world, lines]
    end

    # What any process has besides: numbers in flight, caches that are full, what never moves.
    def self.beside(world, number)
      lines = Array.new(number) do |at|
        case at % 4
        when 0 then [world.noise(world.between(20, 5_000)), NONE]
        when 1 then [walk(world), ANY_BUT_LEAK]
        when 2 then [Array.new(world.size, 100 + at), [:static]]
        else [world.noise(world.between(500, 5_000), 3), NONE]
        end
      end
      lines.map { |numbers, right| Line.new(numbers, right, 10) }
    end

    # A number that goes up and down from where it was, and is drawn back to its mean.
    def self.walk(world)
      mean = world.between(50, 2_000)
      back = world.between(0.1, 0.6)
      at = mean
      world.line do
        at += (back * (mean - at)) + world.gauss(0, mean / 10)
        at.clamp(0, nil)
      end
    end

    model("nothing moves") { |w| [["Class", Array.new(w.size, 700), [:static]]] }

    model("steady leak") do |w|
      per = w.between(5, 200) / w.done.min
      [["Session", w.grown(w.random.rand(100)) { |i| w.events(w.done[i - 1] * per) }, LEAK]]
    end

    model("one object per 1,000 requests, beside heavy noise", size: 40) do |w|
      [["Entry", w.grown { |i| w.done[i - 1] / 1_000.0 * 1 }, LEAK],
       ["String", w.noise(50_000, 8_000), NONE], ["Hash", w.noise(3_000), NONE]]
    end

    model("leak within heavy noise", size: 40) do |w|
      step = w.between(15, 40)
      noise = step * w.between(2, 4)
      [["Request", w.line { |i| 1_000 + (step * i) + w.gauss(0, noise) }, LEAK]]
    end

    model("leak of one class among a large number of it", size: 30) do |w|
      [["String", w.grown(80_000) { 200 + w.gauss(0, 20) }, LEAK]]
    end

    model("LRU cache at its limit") do |w|
      [["Cached", Array.new(w.size) { 1_000 - w.random.rand(2) }, [:static]]]
    end

    model("prepared statements fill up to 1,000") do |w|
      per = 1_000.0 / w.at(w.between(0.3, 0.8)).clamp(2, nil)
      [["Statement", w.line { |i| [per * i, 1_000].min }, SLOW]]
    end

    model("cache fills up, as a curve") do |w|
      time = w.size * w.between(0.1, 0.45)
      most = w.between(200, 20_000)
      [["Entry", w.line { |i| most * (1 - Math.exp(-i / time)) }, SLOW]]
    end

    model("cache fills up by chance, as a curve") do |w|
      time = w.size * w.between(0.15, 0.4)
      most = w.between(400, 4_000)
      at = 0
      [["Entry", w.line do |i|
        i.zero? ? 0 : at += w.events((most - at).clamp(0, nil) / time)
      end, SLOW]]
    end

    model("slow warm-up: code is loaded when it first runs") do |w|
      time = w.size * w.between(0.12, 0.3)
      [["(IMEMO iseq: code)", w.grown(9_000) { |i| w.events(300 * Math.exp(-i / time)) },
        ANY_BUT_LEAK],
       ["Symbol", w.grown(4_000) { |i| w.events(8 * Math.exp(-i / time)) }, ANY_BUT_LEAK]]
    end

    model("warm-up, then a leak", size: 30) do |w|
      [["Session", w.grown { |i| i < 6 ? 400 : w.events(30) }, LEAK]]
    end

    model("daily rhythm", size: 40, every: 2.0, rhythm: 24.0) do |w|
      [["Request", w.line do |i|
        400 + (300 * Math.sin(w.hours[i] * Math::PI / 12)) + w.gauss(0, 20)
      end,
        NONE]]
    end

    model("leak under a daily rhythm of work", size: 40, every: 2.0, rhythm: 24.0) do |w|
      [["Session", w.grown(50) { |i| w.done[i - 1] / 500.0 }, LEAK]]
    end

    model("leak that stops") do |w|
      stop = w.at(w.between(0.4, 0.7))
      [["Session", w.grown { |i| i <= stop ? 50 + w.random.rand(10) : 0 }, SLOW]]
    end

    model("two leaks") do |w|
      [["Session", w.grown(10) { w.events(80) }, LEAK], ["Job", w.grown(500) do
        w.events(12)
      end, LEAK],
       ["Hash", w.noise(3_000), NONE]]
    end

    model("growing, then shrinking pool") do |w|
      top = w.at(w.between(0.35, 0.65))
      [["Connection", w.line { |i| 20 + ((i <= top ? i : (2 * top) - i).clamp(0, nil) * 6) }, NONE]]
    end

    model("thread pool grows to its cap") do |w|
      cap = w.between(16, 64).round
      full = w.at(w.between(0.3, 0.7)).clamp(3, nil)
      [["Thread", w.line { |i| [2 + ((cap - 2.0) * i / full), cap].min }, SLOW]]
    end

    model("sawtooth: a cache that is emptied", size: 40) do |w|
      teeth = w.between(5, 14).round
      phase = w.random.rand(teeth)
      [["Entry", w.line { |i| (((i + phase) % teeth) * 100) + w.random.rand(10) }, NONE]]
    end

    model("one step") do |w|
      step = w.at(w.between(0.2, 0.8))
      high = w.between(100, 900)
      [["Plugin", w.line { |i| i < step ? 50 : 50 + high }, ANY_BUT_LEAK],
       ["Gem", w.line { |i| (i < step ? 5_000 : 5_800) + w.random.rand(5) }, ANY_BUT_LEAK]]
    end

    model("leak in bursts", size: 36) do |w|
      burst = (1...36).map { w.random.rand < 0.4 }
      [["Report", w.grown { |i| burst[i - 1] ? 30 + w.random.rand(15) : 0 }, LEAK]]
    end

    model("leak that begins later", size: 30) do |w|
      first = w.at(w.between(0.3, 0.6))
      [["Listener", w.grown(40) { |i| i > first ? 20 + w.random.rand(8) : 0 }, LEAK]]
    end

    model("leak that becomes faster", size: 20) do |w|
      [["Node", w.grown { |i| 10 * (1.15**i) }, LEAK]]
    end

    model("contents alone: one string grows") do |w|
      [["String", w.grown(1 << 20) { w.between(40_000, 60_000) }, LEAK, 64 << 10]]
    end

    model("the cache has no limit: it grows as a line") do |w|
      [["Entry", w.grown(100) { |i| w.done[i - 1] / (w.work.last / 4_000.0) }, LEAK]]
    end

    model("symbols leak") do |w|
      [["Symbol", w.grown(12_000) { w.events(60) }, LEAK]]
    end

    model("native memory grows beside flat objects") do |w|
      [["other_malloc", w.grown(80 << 20) { w.gauss(5 << 20, 200_000) }, LEAK, 1 << 20],
       ["held", w.noise(60 << 20, 300_000), NONE, 1 << 20]]
    end

    model("memory of the process becomes full of holes, and then stays") do |w|
      time = w.size * w.between(0.1, 0.3)
      [["rss", w.line do |i|
        (200 << 20) + ((150 << 20) * (1 - Math.exp(-i / time))) +
          w.gauss(0, 1 << 20)
      end, %i[slow fast], 2 << 20]]
    end

    model("traffic grows, and with it what is in flight") do |w|
      [["Request", w.line { |i| w.events(40 + ((i * 40.0 / w.size) * Math.sin(i))) }, NONE]]
    end

    model("sizes that wander") do |w|
      Array.new(3) { |at| ["Pool#{at}", walk(w), ANY_BUT_LEAK] }
    end

    model("deploys and restarts: each life is short", size: 8) do |w|
      [["Session", w.grown { w.events(60) }, LEAK], ["Buffer", w.noise(200), NONE]]
    end

    model("a leak shrinks in between because sessions end", size: 32) do |w|
      [["Session", w.grown(100) { w.events(40) - w.events(15) }, LEAK]]
    end
  end
end
