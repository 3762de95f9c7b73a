# frozen_string_literal: true

# What a fleet's store costs: how fast dumps are imported, how large their rows are, and how long
# each question takes, in SQLite, PostgreSQL and ClickHouse, as far as they are there:
#
#   bundle exec ruby -Ilib -Itest bench/fleet.rb               20 processes, 24 dumps each
#   bundle exec ruby -Ilib -Itest bench/fleet.rb 200 24 sqlite postgres
#
# The dumps are made up: extracts with as many classes and ways as a Rails application has, one way
# of which leaks. So the time of an import is that of the rows alone; reading a dump comes on top.
# The servers run with the settings of the suite (no fsync in PostgreSQL, little memory).

require "etc"
require "tmpdir"
require "heapdump/fleet"
require "heapdump/snapshot"
require "support/clickhouse"
require "support/made_extract"
require "support/postgres"

module FleetBench
  CLASSES = 1_000
  WAYS = 1_000
  QUESTIONS = %i[Leaks Classes Processes Work].freeze
  ENGINES = %w[sqlite postgres clickhouse].freeze
  TIMES = 3

  module_function

  def run(processes, dumps, engines)
    load = File.read("/proc/loadavg")[/\S+/]
    puts "#{RUBY_DESCRIPTION}, #{Etc.nprocessors} processors, load #{load}"
    puts "#{processes} processes, #{dumps} dumps each; #{CLASSES} classes and #{WAYS} ways in each"
    puts format("%-11s%10s%12s%12s%10s%s", "", "dumps/s", "rows/s", "bytes/dump", "judge s",
                [*QUESTIONS, :History].map { |name| format("%11s", name.downcase) }.join)
    Dir.mktmpdir("heapdump-fleet") do |directory|
      File.chmod(0o755, directory)
      engines.each do |engine|
        send(engine, directory) do |url, size|
          measure(engine, url, size, [processes, dumps])
        end
      end
    end
  end

  def sqlite(directory)
    yield "sqlite:#{directory}/fleet.db", lambda { |store|
      store.run("PRAGMA wal_checkpoint(TRUNCATE)")
      File.size("#{directory}/fleet.db")
    }
  end

  def postgres(directory)
    return puts "postgres     (not here)" unless Postgres.programs

    server = Postgres.new("#{directory}/postgres")
    server.run do
      yield server.url, lambda { |store|
        store.number("SELECT sum(pg_total_relation_size(c.oid))::bigint FROM pg_class c JOIN " \
                     "pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'heapdump' AND " \
                     "c.relkind IN ('r', 'i')")
      }
    end
  end

  def clickhouse(directory)
    return puts "clickhouse   (not here)" unless Clickhouse.program

    server = Clickhouse.new("#{directory}/clickhouse")
    server.run do
      yield server.url, lambda { |store|
        HeapDump::Fleet::Schema::TABLES.each_key { |name| store.run("OPTIMIZE TABLE #{name}") }
        store.number("SELECT sum(bytes_on_disk) AS n FROM system.parts WHERE active")
      }
    end
  end

  def measure(engine, url, size, counts)
    store = HeapDump::Fleet.open(url)
    ids = nil
    importing = time { ids = import(store, *counts) }
    rows = rows(store)
    judging = time { HeapDump::Fleet::Judging.new(store).run(ids) }
    number = counts.inject(:*)
    puts format("%-11s%10.1f%12.0f%12.0f%10.1f%s", engine, number / importing, rows / importing,
                size.call(store).to_f / number, judging, questions(store))
  ensure
    store&.close
  end

  def rows(store)
    HeapDump::Fleet::Schema::TABLES.each_key.sum do |name|
      store.number("SELECT count(*) AS n FROM #{name}")
    end
  end

  # Milliseconds, the median of some times.
  def questions(store)
    asked = QUESTIONS.map { |name| -> { HeapDump::Fleet.const_get(name).new(store).rows } }
    asked << -> { HeapDump::Fleet::History.new(store, "Class 17").rows }
    asked.map do |question|
      format("%8.0f ms", 1000 * Array.new(TIMES) { time(&question) }.sort[TIMES / 2])
    end.join
  end

  def import(store, processes, dumps)
    made = nil
    importer = HeapDump::Fleet::Importer.new(store, extract: ->(_) { made })
    (1..processes).flat_map do |pid|
      Array.new(dumps) do |hour|
        made = extract(pid, hour)
        file = HeapDump::Fleet::Source::File.new(uri: "web:/#{pid}/#{hour}", path: "/#{hour}",
                                                 bytes: 1, changed_at: MadeExtract::BASE)
        importer.import(file).process_id
      end
    end.uniq
  end

  def extract(pid, hour)
    random = Random.new((pid * 1000) + hour)
    classes = sizes(CLASSES, random) { |i| "Class #{i}" }
    ways = sizes(WAYS, random) { |i| format("%016x", i) }
    ways[format("%016x", 7)] = classes["Class 7"] = 200 + (50 * hour)
    MadeExtract.make(hour, pid: pid, start: pid, classes: classes, ways: ways,
                           work: { "Job" => 100 * hour, "Mail" => random.rand(0..9) + (50 * hour) },
                           account: { rss: (100 << 20) + (hour << 16), rest: 1 << 20 })
  end

  def sizes(number, random)
    Array.new(number) { |i| [yield(i), 150 + (i * 3) + random.rand(0..20)] }.to_h
  end

  def time
    begun = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    yield
    Process.clock_gettime(Process::CLOCK_MONOTONIC) - begun
  end
end

numbers, engines = ARGV.partition { |word| word.match?(/\A\d+\z/) }
processes, dumps = numbers.map(&:to_i)
FleetBench.run(processes || 20, dumps || 24, engines.empty? ? FleetBench::ENGINES : engines)
