# frozen_string_literal: true

# How fast a dump becomes tables, how much memory that takes, and how large the result is:
#
#   bundle exec ruby -Ilib bench/convert.rb                       2.1 million objects, all engines
#   bundle exec ruby -Ilib bench/convert.rb sqlite parquet        some of them
#   DUMP=heap.json bundle exec ruby -Ilib bench/convert.rb        a dump of yours
#
# Each engine has a process of its own, which opens the dump from its index; that time is not
# counted. CPU is the processor time of that process, without the server's. Other work on the
# machine counts in the seconds, so the load is told.

$LOAD_PATH.unshift("#{__dir__}/../test")
require "fileutils"
require "json"
require "open3"
require "tmpdir"
require "heapdump/convert"
require "support/clickhouse"
require "support/postgres"

module ConvertBench
  ITEMS = 260_000
  ENGINES = %w[sqlite parquet postgres clickhouse].freeze
  # Makes a heap of references with names of all kinds, and dumps it.
  MAKE = <<~'RUBY'
    require "heapdump"
    Item = Struct.new(:id, :name, :list, :options)
    class Order
      def initialize(id) = (@id, @user, @tags, @at = id, "user #{id}", [id.to_s, :open], id * 1.5)
    end
    ALL = Array.new(Integer(ARGV[1])) do |i|
      order = Order.new(i)
      Item.new(i, "name #{i}", [order, order, nil, i],
               { id: i, "k#{i % 1000}" => order, state: :open, prev: order })
    end
    HeapDump.dump(ARGV[0])
  RUBY

  # In the process of one engine: prints the figures as JSON.
  def self.measure(format, target, dump)
    snapshot = HeapDump::Snapshot.open(dump)
    snapshot.graph.totals
    before = [now, cpu]
    HeapDump::Convert.store(format, target).write(snapshot)
    status = File.read("/proc/self/status")
    puts JSON.generate(seconds: now - before[0], cpu: cpu - before[1], objects: snapshot.objects,
                       peak: status[/VmHWM:\s+(\d+)/, 1].to_i / 1024)
  end

  def self.now
    Process.clock_gettime(Process::CLOCK_MONOTONIC)
  end

  def self.cpu
    Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID)
  end

  def self.run(engines)
    Dir.mktmpdir("heapdump-bench") do |dir|
      File.chmod(0o755, dir)
      dump = ENV.fetch("DUMP") do
        ruby("-e", MAKE, "#{dir}/heap.json", ITEMS.to_s)
        "#{dir}/heap.json"
      end
      puts "dump: #{File.size(dump) >> 20} MiB; load: #{File.read("/proc/loadavg").split.first}"
      puts "engine        seconds    CPU   peak MiB   size MiB"
      engines.each { |engine| line(engine, dir, dump) }
    end
  end

  def self.line(engine, dir, dump)
    with_target(engine, dir) do |target, size|
      found = JSON.parse(ruby(__FILE__, "measure", engine, target, dump).lines.last)
      puts format("%-12s %8.1f %6.1f %10d %10d", engine, found["seconds"], found["cpu"],
                  found["peak"], size.call >> 20)
    end
  end

  # Yields where an engine writes to, and what tells the size.
  def self.with_target(engine, dir, &)
    case engine
    when "sqlite" then yield "#{dir}/heap.db", -> { File.size("#{dir}/heap.db") }
    when "parquet" then yield "#{dir}/lake", -> { folder("#{dir}/lake") }
    when "postgres" then server(Postgres.programs && Postgres.new("#{dir}/postgres"), engine, &)
    when "clickhouse" then server(Clickhouse.program && Clickhouse.new("#{dir}/ch"), engine, &)
    end
  end

  def self.server(server, engine)
    return puts("#{engine}: no server here") unless server

    server.run do
      # the first writes are those of the log of the server; they are no part of the tables
      yield server.url, -> { folder("#{server.directory}/data", %w[pg_wal]) }
    end
  end

  def self.folder(path, without = [])
    files = Dir.glob("#{path}/**/*").select { |file| File.file?(file) }
    kept = files.reject { |file| without.any? { |name| file.include?("/#{name}/") } }
    kept.sum { |file| File.size(file) }
  end

  def self.ruby(*arguments)
    out, status = Open3.capture2("ruby", "-Ilib", *arguments)
    abort "failed: #{arguments.first}" unless status.success?
    out
  end
end

if ARGV.first == "measure"
  ConvertBench.measure(*ARGV.drop(1))
else
  ConvertBench.run(ARGV.empty? ? ConvertBench::ENGINES : ARGV)
end
