# frozen_string_literal: true

require "json"
require_relative "oracle"
require_relative "sandwich"

# Inside the process that is dumped: threads that change the heap all the time, and the oracle
# before and after a dump of one moment of it. That moment is kept by a fork of its own, in which
# the threads stand where they were; the dump forks once more from there, as it would from the
# application.
module Mutation
  THREADS = 50
  ATTEMPTS = 5

  # Each changes objects of all kinds, its own and those that all share.
  class Mutator
    SHARED = Hash.new { |hash, key| hash[key] = [] }

    def initialize(number)
      @number = number
      @table = {}
      @fiber = Fiber.new { loop { Fiber.yield(Object.new) } }
    end

    def run
      loop do
        20.times { step(rand(1000)) }
        @number.even? ? Thread.pass : sleep(0.001)
      end
    end

    def step(key)
      @table[key] = ["text #{key}" * rand(1..4), Object.new, { key => @number }, -> { key }]
      @table.shift if @table.size > 200
      instance_variable_set(:"@v#{key % 20}", @table[key])
      SHARED[key % 50].push(key.to_s).rotate!
      SHARED[key % 50].shift if SHARED[key % 50].size > 20
      Thread.current[:"local#{key % 5}"] = @fiber.resume
    end
  end

  class << self
    def start
      @threads = Array.new(THREADS) { |number| Thread.new { Mutator.new(number).run } }
      sleep 0.2
    end

    # A dump between two looks of the oracle, all of one moment.
    def run(directory, **options)
      warm = File.join(directory, "warm.json")
      2.times { Sandwich.measure_quietly { look(warm, options) } } # fills inline caches
      File.unlink(warm)
      places = %w[a b dump.json facts.json].map { |name| File.join(directory, name) }
      ATTEMPTS.times { return if snapshot?(*places, options) }
      raise "no snapshot in #{ATTEMPTS} attempts"
    end

    private

    # False where a switch of threads was due at the fork after all, and the child hung.
    def snapshot?(before, after, dump, facts, options)
      GC.start
      GC.disable
      pid = Oracle.snapshot do
        Oracle::A.walk(before)
        seen = Sandwich.measure_quietly { look(dump, options) }
        Oracle::B.walk(after)
        Oracle.write(facts, JSON.generate(seen))
      end
      GC.enable
      Process.wait(pid)
      raise "the snapshot failed" if Process.last_status.exitstatus&.nonzero?

      Process.last_status.success?
    end

    def look(path, options)
      pending = GCRegime.suspend { HeapDump.dump_async(path, gc: false, **options) }
      report = pending.instance_variable_get(:@report)
      words = Oracle.read_all(report.fileno).split
      raise words.join(" ") unless words.first == "done"

      { "path" => path, "objects" => words[1].to_i, "bytes" => words[2].to_i }
    end
  end
end
