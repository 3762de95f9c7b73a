# frozen_string_literal: true

# What both extensions do, once, in one process: for valgrind, under which a whole test file takes
# many times as long. See rakelib/valgrind.rake.

$LOAD_PATH.unshift(File.expand_path("../../lib", __dir__), File.expand_path("..", __dir__))
require "support/usage"
require "support/nasty_heap"

def fails(error)
  yield
  abort "no #{error}"
rescue error => e
  puts "as it should be: #{e.message}"
end

Oracle.require_extension
NastyHeap.build(giants: false)
Dir.mktmpdir do |directory|
  path = File.join(directory, "heap.json")
  [{ fork: false }, { processes: 2 }, { fork: false, strings: :hash, compress: :gzip },
   { fork: false, strings: 3, compress: :zstd }, { fork: false, format: :objspace }]
    .each { |options| puts HeapDump.dump(path, gc: false, **options).objects }
  HeapDump.trace_allocations { HeapDump.dump(path, fork: false) }
  puts HeapDump.counts(["Oracle"]).fetch("total_slots")
  fails(HeapDump::WriteError) { HeapDump.dump(directory) }
  File.open("/dev/full", "w") do |io|
    fails(HeapDump::WriteError) { HeapDump.dump(io, fork: false, gc: false) }
  end
  Usage::Snapshots.new(directory).round
end
puts "done"
