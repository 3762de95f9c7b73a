# frozen_string_literal: true

# How fast the heap is dumped, beside ObjectSpace.dump_all on the same heap in the same run:
#
#   bundle exec ruby -Ilib bench/dump.rb                  a synthetic heap, then a booted Rails app
#   bundle exec ruby -Ilib bench/dump.rb synthetic 9      one of them, with 9 rounds
#   taskset -c 0 bundle exec ruby -Ilib bench/dump.rb     the same on one processor
#
# The contenders take turns, so that a machine that changes its pace does so for all. Each writes a
# file of its own that is removed, and flushed to disk, outside of the time that is taken.

require "etc"
require "fileutils"
require "objspace"
require "tmpdir"
require "heapdump"
require_relative "session"

module DumpBench
  SESSIONS = 300_000
  CONTENDERS = {
    "ObjectSpace.dump_all" => lambda { |path|
      File.open(path, "w") do |io|
        ObjectSpace.dump_all(output: io)
      end
    },
    "heapdump" => ->(path) { HeapDump.dump(path, gc: false) },
    "heapdump .zst" => ->(path) { HeapDump.dump("#{path}.zst", gc: false) },
    "heapdump .gz" => ->(path) { HeapDump.dump("#{path}.gz", gc: false) },
    "heapdump forked" => ->(path) { HeapDump.dump(path, gc: false, fork: true) },
    "heapdump forked .zst" => ->(path) { HeapDump.dump("#{path}.zst", gc: false, fork: true) },
    "heapdump objspace" => ->(path) { HeapDump.dump(path, gc: false, format: :objspace) }
  }.freeze

  module_function

  def run(heaps, rounds)
    puts "#{RUBY_DESCRIPTION}, #{Etc.nprocessors} processors, median of #{rounds} rounds"
    heaps.each do |heap|
      keep = send(:"build_#{heap}")
      GC.start
      puts "", "#{heap}: #{count_objects} objects"
      report_dumps(rounds)
      report_counts(rounds, heap == "rails" ? ["ActiveSupport"] : ["Session"])
      keep.clear
    end
  end

  def build_synthetic
    Array.new(SESSIONS) { |id| Session.new(id) }
  end

  def build_rails
    require_relative "../test/support/rails_app"
    RailsApp.boot
    []
  end

  def count_objects
    counts = ObjectSpace.count_objects
    counts[:TOTAL] - counts[:FREE]
  end

  def report_dumps(rounds)
    times = Hash.new { |hash, name| hash[name] = [] }
    sizes = {}
    rounds.times do
      CONTENDERS.each { |name, dump| measure(name, dump, times, sizes) }
    end
    base = median(times["ObjectSpace.dump_all"])
    objects = count_objects
    puts "#{" " * 25}seconds    objects/s     MB/s  B/object    ratio"
    times.each do |name, list|
      seconds = median(list)
      puts format("%-22<name>s %9.3<seconds>f %12<rate>d %8<speed>d %9.1<size>f %7.2<ratio>fx",
                  name: name, seconds: seconds, rate: objects / seconds,
                  speed: sizes[name] / seconds / 1e6, size: sizes[name].fdiv(objects),
                  ratio: base / seconds)
    end
  end

  def measure(name, dump, times, sizes)
    Dir.mktmpdir do |dir|
      GC.start
      times[name] << seconds { dump.call("#{dir}/heap.json") }
      sizes[name] = File.size(Dir["#{dir}/heap.json*"].first)
    end
    File.open(Dir.tmpdir, &:fsync)
  end

  def report_counts(rounds, namespaces)
    theirs = []
    ours = []
    (rounds * 3).times do
      theirs << seconds { ObjectSpace.count_objects }
      ours << seconds { HeapDump.counts(namespaces) }
    end
    puts format("ObjectSpace.count_objects %.2f ms, HeapDump.counts %.2f ms: %.2f times as long",
                median(theirs) * 1e3, median(ours) * 1e3, median(ours) / median(theirs))
  end

  def seconds
    start = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    yield
    Process.clock_gettime(Process::CLOCK_MONOTONIC) - start
  end

  def median(list)
    list.sort[list.size / 2]
  end
end

heaps = ARGV.grep(/\A[a-z]+\z/)
rounds = ARGV.grep(/\A\d+\z/).first
DumpBench.run(heaps.empty? ? %w[synthetic rails] : heaps, (rounds || 5).to_i)
