# frozen_string_literal: true

require "json"
require_relative "oracle"
require_relative "gc_regime"

# Inside the process that is dumped: the oracle, the dump, the oracle again, with GC off. What
# both oracles saw, the dump must show; what neither saw, it must not.
module Sandwich
  FILES = %w[a b dump.json facts.json].freeze

  def self.run(directory, **options)
    Oracle.require_extension
    2.times { |round| layers(File.join(directory, round.zero? ? "warm" : ""), options) }
  end

  # The first round fills inline caches and is thrown away.
  def self.layers(prefix, options)
    paths = FILES.map { |name| prefix.end_with?("/") ? prefix + name : "#{prefix}-#{name}" }
    GCRegime.before
    GC.start
    GC.disable
    Oracle::A.walk(paths[0])
    facts = measure { HeapDump.dump(paths[2], gc: false, **options) }
    Oracle::B.walk(paths[1])
    GC.enable
    GCRegime.after
    File.write(paths[3], JSON.generate(facts))
  end

  def self.measure
    counts = GC.count
    allocated = GC.stat(:total_allocated_objects)
    started = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    result = yield
    seconds = Process.clock_gettime(Process::CLOCK_MONOTONIC) - started
    allocated = GC.stat(:total_allocated_objects) - allocated
    { "allocated" => allocated, "gc_runs" => GC.count - counts, "seconds" => seconds,
      "running" => running, "result" => facts_of(result) }
  end

  # What is being executed here, whose stack differs from one call to the next.
  def self.running
    [Oracle.hex(Thread.current), Oracle.hex(Fiber.current)]
  end

  def self.facts_of(result)
    { "path" => result.path, "objects" => result.objects, "bytes" => result.bytes,
      "seconds" => result.seconds, "pause" => result.pause, "processes" => result.processes }
  end
end
