# frozen_string_literal: true

require "json"
require_relative "oracle"
require_relative "sandwich"

# Inside the process that is dumped: threads that change the heap all the time, and the oracle
# before and after a dump of one moment of it. That moment is kept by a fork of its own, in which
# the threads stand where they were; the dump forks once more from there, as it would from the
# application.
#
# Since Ruby 3.2 a thread that waits for its turn would get it in that fork, where it is not there.
# So none may wait for it at the fork: each stops where it is when it comes to one of the places
# between two changes where it may, and goes on afterwards.
module Mutation
  THREADS = 50
  ATTEMPTS = 5
  STOPS = RUBY_VERSION >= "3.2"
  DEADLINE = 20

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
      Mutation.stop_here
      @table.shift if @table.size > 200
      instance_variable_set(:"@v#{key % 20}", @table[key])
      SHARED[key % 50].push(key.to_s).each { Mutation.stop_here if rand < 0.1 }.rotate!
      SHARED[key % 50].shift if SHARED[key % 50].size > 20
      Mutation.stop_here
      Thread.current[:"local#{key % 5}"] = @fiber.resume
    end
  end

  class << self
    def start
      @threads = Array.new(THREADS) { |number| Thread.new { Mutator.new(number).run } }
      sleep 0.2
    end

    # Where a thread stands still while the moment is kept.
    def stop_here
      Thread.stop while @stopping
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
      stop if STOPS
      GC.start
      GC.disable
      pid = Oracle.snapshot do
        Oracle::A.walk(before)
        seen = Sandwich.measure_quietly { look(dump, options) }
        Oracle::B.walk(after)
        Oracle.write(facts, JSON.generate(seen))
      end
      GC.enable
      go_on if STOPS
      Process.wait(pid)
      raise "the snapshot failed" if Process.last_status.exitstatus&.nonzero?

      Process.last_status.success?
    end

    def stop
      @stopping = true
      deadline = Process.clock_gettime(Process::CLOCK_MONOTONIC) + DEADLINE
      until @threads.all? { |thread| thread.status == "sleep" && stopped?(thread) }
        raise "threads go on" if Process.clock_gettime(Process::CLOCK_MONOTONIC) > deadline

        sleep 0.01
      end
    end

    # Not in the sleep of a moment that some of them take.
    def stopped?(thread)
      thread.backtrace_locations(0, 2)&.any? { |frame| frame.base_label == "stop_here" }
    end

    def go_on
      @stopping = false
      @threads.each do |thread|
        thread.wakeup until thread.status == "run" || !stopped?(thread)
      end
    end

    def look(path, options)
      pending = GCRegime.suspend { HeapDump.dump_async(path, gc: false, **options) }
      report = pending.instance_variable_get(:@started)[4]
      words = Oracle.read_all(report.fileno).split
      raise words.join(" ") unless words.first == "done"

      { "path" => path, "objects" => words[1].to_i, "bytes" => words[2].to_i }
    end
  end
end
