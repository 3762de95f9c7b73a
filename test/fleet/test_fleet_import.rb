# frozen_string_literal: true

require "test_helper"
require "heapdump/fleet"
require "heapdump/snapshot"
require "support/made_extract"
require "support/postgres"

# Importers of the same dumps, some of which are killed.
class TestFleetImport < HeapDumpTest
  Fleet = HeapDump::Fleet
  DUMPS = 200

  # Called with the path of a file; the number in its name is its time.
  EXTRACT = lambda do |path|
    hour = Integer(path[/\d+(?=\.json)/], 10)
    sleep 0.005
    MadeExtract.make(hour, pid: 40 + (hour % 7), classes: { "A" => 200 + hour })
  end

  def setup
    super
    FileUtils.mkdir_p(heap)
    DUMPS.times do |i|
      File.write(format("%s/%03d.json", heap, i), "{\"type\":\"HEADER\",\"n\":#{i}}\n")
    end
    File.write("#{heap}/notes.txt", "no dump")
  end

  def test_by_several_processes
    outcome = import(url, 3).run([heap])
    assert_equal [DUMPS, 0, 0, {}], outcome.to_a.first(4)
    assert_equal 7, outcome.processes.size
    assert_equal [0, DUMPS], import(url, 1).run([heap]).to_a.first(2)
    assert_each_once(url)
  end

  def test_workers_that_are_killed_on_one_machine
    assert_killed(url)
  end

  def test_workers_that_are_killed_around_one_database
    skip "SKIPPED: no PostgreSQL here (apt-get install postgresql)" unless Postgres.programs
    File.chmod(0o755, scratch)
    server = Postgres.new("#{scratch}/postgres")
    server.run { assert_killed(server.url) }
  end

  def test_files_that_change_come_again
    path = "#{heap}/000.json"
    assert_equal 1, import(url, 1).run([path]).imported
    File.write("#{heap}/000.json", "{\"type\":\"HEADER\"}\n")
    assert_equal [0, 1], import(url, 1).run([path]).to_a.first(2)
  end

  # What came before the error is judged, and so is what nobody judged.
  def test_an_import_that_fails_is_judged
    broken = Class.new(StandardError)
    extract = ->(path) { path.include?("150.json") ? raise(broken) : EXTRACT.call(path) }
    assert_raises(broken) { Fleet::Import.new(url, extract: extract).run([heap]) }
    store = Fleet.open(url)
    assert_equal [7, []], [store.number("SELECT count(*) FROM judged"),
                           Fleet::Judging.new(store).due]
    store.run("DELETE FROM judged")
    import(url, 1).run(["#{heap}/000.json"])
    assert_equal 7, store.number("SELECT count(*) FROM judged")
  ensure
    store&.close
  end

  def test_paths_of_nothing
    error = assert_raises(HeapDump::NotFound) { import(url, 1).run(["#{scratch}/nothing"]) }
    assert_includes error.message, "#{scratch}/nothing"
  end

  # A pipe writes so many bytes at once (PIPE_BUF), whoever else writes to it.
  def test_lines_of_workers_never_mix
    import = HeapDump::Fleet::Import.new("sqlite:#{File.join(scratch, "store.db")}")
    outcome = Struct.new(:state, :message, :process_id)
    ["a", "é", "日", "\u{1F600}", "\0", "\"", "\xFF"].each do |one|
      line = import.send(:line, 4_294_967_295, outcome.new("imported", one * 5000, "f" * 32))
      assert_operator line.bytesize, :<, 4096, one.inspect
      assert_equal 4_294_967_295, JSON.parse(line).first
    end
  end

  private

  def heap
    "#{scratch}/heap"
  end

  def url
    "sqlite:#{scratch}/fleet.db"
  end

  def import(url, jobs)
    Fleet::Import.new(url, jobs: jobs, extract: EXTRACT)
  end

  # Two importers with two workers each, of which one each is killed.
  def assert_killed(url)
    Fleet.open(url).close
    importers = Array.new(2) { fork { imported(url) } }
    workers = importers.map { |pid| both_workers(pid) }
    workers.each { |pids| Process.kill(:KILL, pids.last) }
    importers.each { |pid| assert_predicate Process.wait2(pid).last, :success? }
    assert_equal 0, import(url, 1).run([heap]).imported
    assert_each_once(url)
  end

  def imported(url)
    outcome = import(url, 2).run([heap])
    warn outcome.skipped.first.inspect if outcome.skipped.any?
    exit!(outcome.skipped.empty?)
  end

  # Once they are at work.
  def both_workers(pid)
    Timeout.timeout(30) do
      sleep 0.02 until (workers = File.read("/proc/#{pid}/task/#{pid}/children").split).size == 2
      sleep 0.2
      workers.map(&:to_i)
    end
  end

  def assert_each_once(url)
    store = Fleet.open(url)
    assert_equal DUMPS, store.number("SELECT count(*) FROM dump")
    assert_equal DUMPS, store.number("SELECT count(*) FROM class_row")
    assert_equal DUMPS, store.number("SELECT count(DISTINCT at) FROM dump")
    assert_equal [["done", DUMPS]],
                 store.query("SELECT state, count(*) AS n FROM file GROUP BY state").map(&:values)
  ensure
    store.close
  end
end
