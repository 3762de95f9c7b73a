# frozen_string_literal: true

module Trends
  # A process that is dumped now and then, as numbers: when, how many requests it has served by
  # then, and lines of numbers whose growth is known. The same seed makes the same numbers.
  class World
    attr_reader :size, :random, :hours, :work

    # +counted+:: whether requests are counted
    def initialize(seed, size: nil, every: nil, counted: nil, rhythm: nil)
      @random = Random.new(seed)
      @size = size || (8 + random.rand(33))
      every ||= [0.25, 1.0, 2.0].sample(random: random)
      @counted = counted.nil? ? random.rand < 0.5 : counted
      @hours = sums(@size) { every * (0.9 + (0.2 * random.rand)) }
      @work = worked(rhythm)
    end

    # The Axes of the dumps.
    def axes
      HeapDump::Trends.const_get(:Axes).new(
        hours: hours, work: @counted ? work : nil, allocations: work.map { |done| done * 900 }
      )
    end

    # Requests from one dump to the next.
    def done
      work.each_cons(2).map { |before, after| after - before }
    end

    # The numbers as they are after each dump: +start+, and what the block adds for each step.
    def grown(start = 0)
      at = start
      [start, *(1...size).map { |step| at += yield(step) }].map(&:round)
    end

    def line
      (0...size).map { |at| yield(at).round }
    end

    # So many events by chance, if +mean+ are to be expected.
    def events(mean)
      return gauss(mean, Math.sqrt(mean)).round.clamp(0, nil) if mean > 50

      limit = Math.exp(-mean)
      product = random.rand
      number = 0
      while product > limit
        product *= random.rand
        number += 1
      end
      number
    end

    def gauss(mean = 0.0, deviation = 1.0)
      root = Math.sqrt(-2 * Math.log(1 - random.rand))
      mean + (deviation * root * Math.cos(2 * Math::PI * random.rand))
    end

    # What is in flight: independent numbers around a mean.
    def noise(mean, deviation = mean / 3.0)
      line { gauss(mean, deviation).clamp(0, nil) }
    end

    # A part of the dumps (0.0 to 1.0), as the index of a dump.
    def at(part)
      (part * (size - 1)).round
    end

    def between(from, to)
      from + ((to - from) * random.rand)
    end

    private

    def sums(size)
      at = 0.0
      [0.0, *Array.new(size - 1) { at += yield }]
    end

    def worked(rhythm)
      per_hour = between(3_000, 30_000)
      at = 0
      [0, *hours.each_cons(2).map do |from, to|
        day = rhythm ? 1 + (0.9 * Math.sin(from * 2 * Math::PI / rhythm)) : 1
        at += ((to - from) * per_hour * day * between(0.8, 1.2)).round
      end]
    end
  end
end
