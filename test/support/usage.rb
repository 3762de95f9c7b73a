# frozen_string_literal: true

require "fileutils"
require "tmpdir"
require "zlib"
require "heapdump"
require_relative "oracle"

# What a process holds from the system, and work whose every round should leave it as it was. Run by
# test_usage.rb (a few rounds) and rounds/usage.rb (hundreds).
module Usage
  # For a process that is measured: memory that threads leave to malloc would be spread over arenas,
  # by chance.
  ENVIRONMENT = { "MALLOC_ARENA_MAX" => "1" }.freeze

  Held = Struct.new(:kilobytes, :descriptors, :mappings, :threads, :children)

  class << self
    # Once nothing is left that the GC or malloc only keeps for later.
    def measure
      3.times { GC.start }
      Oracle.trim
      Held.new(File.read("/proc/self/smaps_rollup")[/^Private_Dirty:\s+(\d+)/, 1].to_i,
               Dir.children("/proc/self/fd").size, File.foreach("/proc/self/maps").count,
               Dir.children("/proc/self/task").size, children)
    end

    # Zombies too. Those that only __WCLONE shows are not among them.
    def children
      Dir["/proc/self/task/*/children"].sum { |path| File.read(path).split.size }
    end

    # Runs rounds of Dumps or Snapshots: Held before the first one and after every `step`.
    def run(kind, rounds, step)
      Dir.mktmpdir do |directory|
        Oracle.require_extension
        work = kind.new(directory)
        [measure] + (1..rounds).each_slice(step).map do |slice|
          # on a stack that is gone before anybody measures: MRI marks what lies on it
          slice.each { Thread.new { work.round }.join }
          measure.tap { |held| yield slice.last * kind::SIZE, held if block_given? }
        end
      end
    end

    # What speaks of a leak in measurements with as many rounds between each two: what is more at
    # last than at first by more than its bound, and, for memory, grew by as much every time. (MRI's
    # table of frozen strings doubles once, at a time of its own, and is then as large as it will
    # be.) The bound on memory is the caller's.
    def growth(series, kilobytes:)
      bounds = { kilobytes: kilobytes, descriptors: 0, mappings: 8, threads: 3, children: 0 }
      bounds.filter_map do |name, bound|
        figures = series.map(&name)
        steps = name == :kilobytes ? figures.each_cons(2) : [figures.values_at(0, -1)]
        next unless steps.all? { |before, after| after - before > bound }

        "#{name} #{figures.join(" -> ")}"
      end
    end
  end

  # All ways of a dump and of a count, those that fail too.
  class Dumps
    SIZE = 14 # dumps of a round

    def initialize(directory)
      @directory = directory
    end

    def round
      whole
      to_io
      fail_all
      HeapDump.counts(["Usage"])
      HeapDump.count_objects([Usage], gc: true)
    end

    private

    def path(name)
      File.join(@directory, name)
    end

    def whole
      HeapDump.dump(path("a.json"))
      HeapDump.dump(path("b.json"), fork: false, gc: false)
      HeapDump.dump(path("c.json.gz"), strings: :hash, processes: 3)
      HeapDump.dump(path("d.json.zst"), fork: false, strings: :none)
      HeapDump.dump(path("e.json"), format: :objspace)
      HeapDump.trace_allocations { HeapDump.dump(path("f.json"), fork: false) }
      pending = HeapDump.dump_async(path("g.json"))
      pending.wait(60) and pending.result
      HeapDump.dump_async(path("h.json")).cancel
    end

    def to_io
      File.open(File::NULL, "w") { |io| HeapDump.dump(io, gc: false) }
    end

    # Not there, a directory, a full disk, nothing that can be written to, wrong options.
    def fail_all
      fails(HeapDump::WriteError) { HeapDump.dump(path("none/a.json")) }
      fails(HeapDump::WriteError) { HeapDump.dump(@directory, fork: false) }
      [true, false].each do |fork|
        File.open("/dev/full", "w") do |io|
          fails(HeapDump::WriteError) { HeapDump.dump(io, fork: fork, gc: false) }
        end
      end
      fails(HeapDump::WriteError) { File.open(File::NULL) { |io| HeapDump.dump(io, gc: false) } }
      fails(ArgumentError) { HeapDump.dump(path("a.json"), strings: :some) }
    end

    def fails(error)
      yield
      raise "no #{error}"
    rescue error
      nil
    end
  end

  # All that is asked of dumps, whole and broken ones, with and without the file of an index.
  class Snapshots
    SIZE = 12 # snapshots of a round

    def initialize(directory)
      @directory = directory
      @paths = %w[1.json 2.json 3.json.gz].map { |name| File.join(directory, name) }
      @kept = []
      @paths.each do |path|
        HeapDump.dump(path, fork: false)
        500.times { |i| @kept << "kept #{path} #{i}" }
      end
      @broken = { "cut.json" => ->(text) { text[0, text.size * 2 / 3] },
                  "noise.json" => ->(text) { text.gsub(/"class":"0x\h{4}/, '"class":"0x{') },
                  "empty.json" => ->(_) { "" } }.map { |name, change| broken(name, change) }
    end

    def round
      [true, false].each do |index|
        @paths.each { |path| ask(HeapDump::Snapshot.open(path, index: index)) }
      end
      @broken.each { |path| open_broken(path) }
      HeapDump.leaks(*@paths).to_a
    end

    private

    def broken(name, change)
      path = File.join(@directory, name)
      File.write(path, change.call(File.read(@paths.first)))
      path
    end

    def open_broken(path)
      snapshot = HeapDump::Snapshot.open(path, index: false)
      snapshot.summary
      snapshot.warnings
    rescue HeapDump::Error
      nil
    end

    def ask(snapshot)
      snapshot.summary
      snapshot.histogram.to_a
      node = snapshot.top(limit: 5).first
      snapshot.paths(node)
      snapshot.references(node)
      snapshot.referrers(node)
      snapshot.retained_size([node])
      snapshot.duplicate_strings
      snapshot.find(class: "String", limit: 5)
      snapshot.diff(snapshot)
    end
  end
end
