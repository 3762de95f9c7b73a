# frozen_string_literal: true

require "fileutils"
require "json"
require_relative "oracle"
require_relative "gc_regime"

# Inside the process that is dumped: the oracle, the dump, the oracle again, with GC off. What
# both oracles saw, the dump must show; what neither saw, it must not.
module Sandwich
  DEFAULTS = { gc: false, fork: false }.freeze

  # Two rounds behind a first dump: caches of methods are filled by then, also of those that only a
  # second dump calls. The first round is thrown away.
  def self.run(directory, **options)
    Oracle.require_extension
    warm = File.join(directory, "warm")
    Dir.mkdir(warm)
    GCRegime.suspend do
      HeapDump.dump("#{warm}/first.json", **DEFAULTS, **options)
      [warm, directory].each { |place| layers(place, options) }
    end
    FileUtils.rm_rf(warm)
  end

  # What is handed to the dump is made where nobody compares: a string that is only looked at may
  # change inside.
  def self.layers(place, options)
    before, after = %w[a b].map { |name| File.join(place, name) }
    GCRegime.before
    GC.start
    GC.disable
    Oracle::A.walk(before)
    facts = measure { HeapDump.dump("#{place}/dump.json", **DEFAULTS, **options) }
    Oracle::B.walk(after)
    GC.enable
    GCRegime.after
    File.write(File.join(place, "facts.json"), JSON.generate(facts))
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

  # The same without a clock or a result of the library's own.
  def self.measure_quietly
    counts = GC.count
    allocated = GC.stat(:total_allocated_objects)
    result = yield
    allocated = GC.stat(:total_allocated_objects) - allocated
    { "allocated" => allocated, "gc_runs" => GC.count - counts, "running" => running,
      "result" => result }
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
