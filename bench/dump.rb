# frozen_string_literal: true

# How fast the heap is dumped, beside ObjectSpace.dump_all on the same heap in the same run:
#
#   bundle exec ruby -Ilib bench/dump.rb                  a synthetic heap, then a booted Rails app
#   bundle exec ruby -Ilib bench/dump.rb synthetic 9      one of them, with 9 rounds
#   taskset -c 0 bundle exec ruby -Ilib bench/dump.rb     the same on one processor
#
# The contenders take turns, so that a machine that changes its pace does so for all. Each writes a
# file of its own that is removed, and flushed to disk, outside of the time that is taken. CPU is
# the processor time of all processes that took part. The floor is the time of writing as many bytes
# to the same folder by write(2), with nothing else: no dump can be faster.

require "etc"
require "fiddle"
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

  # Of one contender: its rounds in seconds, processor seconds and seconds of the floor, and bytes.
  Times = Struct.new(:seconds, :cpu, :floor, :bytes)

  PIECE = ("x" * (1 << 20)).freeze # what is written at once for the floor

  module_function

  def run(heaps, rounds)
    adopt_orphans
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

  # The processes of a forked dump are no children of the application. They become children of
  # this process when their parents end, so that their processor time can be told.
  def adopt_orphans
    prctl = Fiddle::Function.new(Fiddle::Handle::DEFAULT["prctl"],
                                 [Fiddle::TYPE_INT] + ([Fiddle::TYPE_LONG] * 4), Fiddle::TYPE_INT)
    set_child_subreaper = 36
    abort "this bench needs Linux" unless prctl.call(set_child_subreaper, 1, 0, 0, 0).zero?
  end

  def report_dumps(rounds)
    times = CONTENDERS.to_h { |name, _dump| [name, Times.new([], [], [], 0)] }
    rounds.times do
      CONTENDERS.each { |name, dump| measure(dump, times[name]) }
    end
    base = median(times["ObjectSpace.dump_all"].seconds)
    puts "#{" " * 25}seconds      CPU    objects/s     MB/s  B/object    ratio    floor  to floor"
    times.each { |name, of| report_row(name, of, base, count_objects) }
  end

  def report_row(name, times, base, objects)
    seconds = median(times.seconds)
    floor = median(times.floor)
    puts format("%-22<name>s %9.3<seconds>f %8.3<cpu>f %12<rate>d %8<speed>d %9.1<size>f " \
                "%7.2<ratio>fx %8.3<floor>f %8.2<above>fx",
                name: name, seconds: seconds, cpu: median(times.cpu), rate: objects / seconds,
                speed: times.bytes / seconds / 1e6, size: times.bytes.fdiv(objects),
                ratio: base / seconds, floor: floor, above: seconds / floor)
  end

  def measure(dump, times)
    Dir.mktmpdir do |dir|
      GC.start
      before = cpu
      times.seconds << seconds { dump.call("#{dir}/heap.json") }
      times.cpu << (cpu - before)
      times.bytes = File.size(Dir["#{dir}/heap.json*"].first)
      times.floor << seconds { write_only("#{dir}/floor", times.bytes) }
    end
    File.open(Dir.tmpdir, &:fsync)
  end

  # Processor seconds of this process and of all that have ended below it.
  def cpu
    Process.waitall
    Process.times.sum
  end

  def write_only(path, bytes)
    File.open(path, File::WRONLY | File::CREAT | File::EXCL) do |io|
      (bytes / PIECE.bytesize).times { io.syswrite(PIECE) }
      io.syswrite(PIECE.byteslice(0, bytes % PIECE.bytesize))
    end
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
