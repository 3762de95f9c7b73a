# frozen_string_literal: true

require "test_helper"
require "minitest/mock"
require "support/shippable"

# Which dumps are shipped, when, how often it is tried, and what is left beside them.
class TestShipRun < HeapDumpTest
  include Shippable

  # A sink that fails so many times, and notes what it gets.
  class Flaky
    attr_reader :calls

    def initialize(failures = 0, &each)
      @failures = failures
      @each = each
      @calls = []
    end

    def call(file, facts)
      @calls << [facts["name"], File.read(file), facts]
      @each&.call(file)
      raise IOError, "try again" if (@failures -= 1) >= 0

      "there/#{facts["name"]}"
    end

    def names
      calls.map(&:first)
    end
  end

  # --status, another process, shows what keeps failing.
  def test_between_two_tries
    path = dump("a.json")
    seen = nil
    sink = Flaky.new(1) { |file| seen ||= File.exist?("#{file}.failed") && mark(file, ".failed") }
    ship(sink)
    assert_equal ["try again", 1, true],
                 [*seen.values_at("error", "tries"), seen["again"].match?(/\A\d{4}-.*Z\z/)]
    refute_path_exists "#{path}.failed"
  end

  def test_a_dump_and_then_its_manifest
    path = dump("a.json")
    sink = Flaky.new
    told = ship(sink)
    assert_equal [["a.json", "there/a.json"]], told.shipped_dumps
    assert_equal %w[a.json a.json.manifest.json], sink.names
    assert_equal File.read(path), sink.calls[0][1]
    manifest = JSON.parse(sink.calls[1][1])
    assert_equal manifest, sink.calls[0][2].except("name")
    assert_equal ["a.json", File.size(path), sha256(path), true, 1],
                 manifest.values_at("file", "bytes", "sha256", "whole", "version")
    assert_equal JSON.parse(JSON.generate(HEADER)), manifest["header"]
    assert_equal JSON.parse(JSON.generate(FOOTER)), manifest["footer"]
    refute_includes sink.calls[1][1], "0x1000" # no contents
    assert_equal ["there/a.json", sha256(path)],
                 mark(path, ".shipped").values_at("address", "sha256")
    assert_equal [0o600], files(from).map { |name| File.stat("#{from}/#{name}").mode & 0o777 }
                                     .last(2).uniq
  end

  def test_what_the_dumper_writes
    %w[.json .json.gz .json.zst].each { |ending| HeapDump.dump(rest_later("h#{ending}")) }
    told = ship(Flaky.new)
    assert_equal %w[h.json h.json.gz h.json.zst], told.shipped_dumps.map(&:first).sort
    Dir["#{from}/*.manifest.json"].each do |manifest|
      fields = JSON.parse(File.read(manifest))
      assert_equal [Process.pid, true], [fields["header"]["pid"], fields["footer"]["complete"]]
    end
  end

  def rest_later(name)
    File.join(from, name)
  end

  # What a watch has said of a dump stays.
  def test_a_manifest_that_is_there
    path = dump("a.json")
    File.write("#{path}.manifest.json", JSON.generate(version: 1, rule: "memory", series: "x"))
    sink = Flaky.new
    ship(sink)
    manifest = JSON.parse(sink.calls[1][1])
    assert_equal ["memory", "x", sha256(path)], manifest.values_at("rule", "series", "sha256")
    dump("a.json", bytes: 5000) # what was said of the file before does not stay
    sink = Flaky.new
    ship(sink)
    manifest = JSON.parse(sink.calls[1][1])
    assert_equal [nil, nil, sha256(path)], manifest.values_at("rule", "series", "sha256")
  end

  # It does not say of which file it is.
  def test_a_digest_of_nobody
    path = dump("a.json")
    File.write("#{path}.manifest.json", JSON.generate(version: 1, sha256: "0" * 64))
    assert_empty ship(Flaky.new).failures
    assert_equal sha256(path), mark(path, ".manifest.json")["sha256"]
  end

  def test_the_oldest_first_also_in_series
    dump("b.json", age: 30)
    dump("series-h-1-x/a.json", age: 40)
    dump("c.json", age: 20)
    dump("other/d.json")
    assert_equal %w[series-h-1-x/a.json b.json c.json], ship(Flaky.new).shipped_dumps.map(&:first)
  end

  def test_what_is_not_shipped
    dump("a.json.partial-77")
    dump("cut.json", footer: nil)
    dump("incomplete.json", footer: { type: "FOOTER", complete: false })
    File.write("#{from}/notes-1.jsonl", "{\"time\":1}\n")
    File.write("#{from}/heap.json.hdidx", "index")
    File.symlink("/etc/passwd", "#{from}/link.json")
    File.symlink(dump("a.json"), "#{from}/other.json")
    File.mkfifo("#{from}/pipe")
    dump(".nfs000000000004f2a900000001")
    dump(".b.json.Xk3d9s")
    told = ship(Flaky.new)
    assert_equal %w[a.json], told.shipped_dumps.map(&:first)
    assert_empty told.failures
  end

  def test_a_series_that_vanishes
    dump("series-x/a.json")
    dump("b.json")
    children = Dir.method(:children)
    vanishing = lambda do |path|
      names = children.call(path)
      File.rename("#{from}/series-x", "#{scratch}/gone") if names.include?("series-x")
      names
    end
    Dir.stub(:children, vanishing) do
      assert_equal [["b.json", "there/b.json"]], ship(Flaky.new).shipped_dumps
    end
  end

  # Just written: it may get a manifest in a moment.
  def test_a_young_dump_waits
    path = dump("a.json", age: 0)
    all = dumps
    young = all.find(File.basename(path))
    written = File.mtime(path)
    assert_equal [2, 0.5, 0, 0], [0, 1.5, 2, 3].map { |age| all.wait(young, written + age) }
    waits = [3, 2]
    all.define_singleton_method(:wait) { |*| waits.shift || 0 }
    pauses = []
    told = stub(:dumps, all) do
      ship(Flaky.new) { |run| run.define_singleton_method(:rest) { |pause| pauses << pause } }
    end
    assert_equal [[2], 1], [pauses, told.shipped_dumps.size]
  end

  # Of ObjectSpace.dump_all nobody can tell whether it is whole.
  def test_without_a_footer_it_has_to_rest
    path = dump("a.json", header: nil, footer: nil, age: 20)
    all = dumps
    assert_in_delta 40, all.wait(all.find(File.basename(path))), 5
    rest(path, 100)
    assert_equal 0, all.wait(dumps.find(File.basename(path)))
    sink = Flaky.new
    ship(sink)
    refute JSON.parse(sink.calls[1][1]).key?("whole")
  end

  # The clock may have been set back.
  def test_dumps_of_the_future
    dump("a.json", age: -5000)
    assert_equal 1, ship(Flaky.new).shipped_dumps.size
  end

  def test_tries
    path = dump("a.json")
    told = ship(Flaky.new(4))
    assert_equal [1, 2, 3, 4], told.failures.map { |failure| failure[2] }
    assert_equal 1, told.shipped_dumps.size
    refute_path_exists "#{path}.failed"
    File.unlink("#{path}.shipped")
    told = ship(Flaky.new(99))
    assert_equal ["a.json", "try again", 5, 5, nil], told.failures.last
    assert_equal [5, "try again"], mark(path, ".failed").values_at("tries", "error")
    assert_path_exists path
    assert_empty ship(Flaky.new).shipped_dumps
  end

  def test_the_pauses
    assert_equal [1, 8, 60, 300], HeapDump::Ship::Tries::PAUSES
    tries = HeapDump::Ship::Tries.new
    one = dumps.find(File.basename(dump("a.json")))
    pauses = Array.new(5) do |i|
      tries.failed(one, i * 1000).last.tap do |pause|
        assert_equal [pause, pause && 0],
                     [tries.wait(one, i * 1000), tries.wait(one, (i * 1000) + 301)]
      end
    end
    assert_equal [1, 8, 60, 300, nil], pauses
  end

  # While one waits for its next try, the others go on.
  def test_one_that_fails_holds_up_no_other
    dump("a.json", age: 30)
    dump("b.json")
    sink = Flaky.new { |file| raise IOError if file.end_with?("a.json") && sink.calls.size < 3 }
    told = ship(sink, pauses: [0.2] * 4)
    assert_equal %w[b.json a.json], told.shipped_dumps.map(&:first)
  end

  def test_a_dump_that_is_removed_meanwhile
    path = dump("a.json")
    told = ship(Flaky.new { File.unlink(path) && raise(IOError, "gone") })
    assert_empty told.failures
    assert_empty(files(from).grep(/failed|shipped/))
  end

  # Its digest would be that of neither.
  def test_a_dump_that_changes_meanwhile
    path = dump("a.json")
    wholeness = dumps.wholeness(dumps.find("a.json"))
    old = File.stat(path)
    dump("a.json", bytes: 5000)
    assert_raises(HeapDump::Ship::Manifest::Changed) do
      HeapDump::Ship::Manifest.complete(path, old, wholeness)
    end
    refute_path_exists "#{path}.manifest.json"
  end

  # The marks and the manifest are of the file that had this name before.
  def test_another_dump_of_the_same_name
    path = dump("a.json")
    ship(Flaky.new)
    dump("a.json", bytes: 5000)
    sink = Flaky.new
    assert_equal 1, ship(sink).shipped_dumps.size
    assert_equal sha256(path), sink.calls[0][2]["sha256"]
    assert_equal sha256(path), mark(path, ".shipped")["sha256"]
  end

  def test_marks_that_are_damaged
    path = dump("a.json")
    ["", "{", "[]", "7"].each do |text|
      File.write("#{path}.shipped", text)
      File.write("#{path}.manifest.json", text)
      assert_equal 1, ship(Flaky.new).shipped_dumps.size, text
    end
  end

  def test_delete
    dump("a.json")
    dump("b.json")
    File.write("#{from}/a.json.hdidx", "")
    sink = Flaky.new { |file| raise IOError, "no" if file.include?("b.json") }
    ship(sink, delete: true)
    assert_equal %w[b.json b.json.failed b.json.manifest.json], files(from)
  end

  # Shipped first, failed last, the oldest first.
  def test_keep
    6.times { |i| dump("#{i}.json", age: 100 - i) }
    sink = Flaky.new { |file| raise IOError, "no" if file.match?(/[014].json/) }
    ship(sink, pauses: [])
    dump("9.json", age: 70, footer: nil) # waits
    left = [6, 5, 4, 3, 2, 1, 0].map do |most|
      ship(Flaky.new, keep: most)
      files(from).grep(/\A\d\.json\z/).map(&:to_i)
    end
    assert_equal [[0, 1, 3, 4, 5, 9], [0, 1, 4, 5, 9], [0, 1, 4, 9], [0, 1, 4], [1, 4], [4], []],
                 left
    assert_empty files(from)
  end

  def test_what_may_be_dropped_first
    marks = HeapDump::Ship::Marks
    path = dump("a.json")
    assert_equal 1, marks.rank(path)
    marks.write(path, ".failed", File.stat(path), {})
    assert_equal 2, marks.rank(path)
    marks.write(path, ".shipped", File.stat(path), {})
    assert_equal 0, marks.rank(path)
  end

  # A dump does not wait for the next try of another one.
  def test_what_comes_while_another_waits
    listener = Listener.new
    all = dumps
    sink = Flaky.new { |file| raise IOError, "no" if file["a.json"] }
    run = HeapDump::Ship::Run.new(all, HeapDump::Ship::Delivery.new(sink, all), listener,
                                  look: 0.05, tries: HeapDump::Ship::Tries.new([60]))
    dump("a.json")
    thread = Thread.new { run.once }
    wait_until("the first has failed") { listener.failures.size == 1 }
    dump("b.json")
    wait_until("the second is shipped") { listener.shipped_dumps.size == 1 }
    run.stop
    assert thread.join(10)
  end

  # What is there when it ends gets one last try.
  def test_for_ever
    listener = Listener.new
    all = dumps
    sink = Flaky.new
    delivery = HeapDump::Ship::Delivery.new(sink, all)
    run = HeapDump::Ship::Run.new(all, delivery, listener, look: 0.05)
    thread = Thread.new { run.forever }
    dump("a.json")
    wait_until("the first is shipped") { listener.shipped_dumps.size == 1 }
    dump("b.json")
    wait_until("the second is shipped") { listener.shipped_dumps.size == 2 }
    dump("late.json", age: 0)
    run.stop
    assert thread.join(10)
    assert_equal %w[a.json b.json late.json], listener.shipped_dumps.map(&:first)
  end

  # Then the directory has to become emptier, above all.
  def test_a_full_disk
    dump("a.json")
    listener = nil
    full = ->(*) { raise Errno::ENOSPC }
    HeapDump::Ship::Marks.stub(:write_file, full) { listener = ship(Flaky.new, delete: true) }
    assert_equal 1, listener.shipped_dumps.size
    assert_empty files(from)
    dump("b.json")
    HeapDump::Ship::Marks.stub(:write_file, full) { listener = ship(Flaky.new, pauses: []) }
    assert_match(/disk is full/, listener.failures.first[1])
    assert_path_exists "#{from}/b.json"
  end

  def test_one_process_at_a_time
    lock = HeapDump::Ship::Lock.new(from, patience: 0.1)
    assert_nil lock.holder
    lock.hold do
      assert_equal Process.pid, lock.holder
      error = assert_raises(HeapDump::Error) do
        HeapDump::Ship::Lock.new(from, patience: 0.1).hold { flunk }
      end
      assert_includes error.message, "process #{Process.pid} ships the dumps of #{from} already"
    end
    assert_nil lock.holder
    held = Queue.new
    go = Queue.new
    thread = Thread.new { lock.hold { held.push(true) && go.pop } }
    held.pop
    waiting = HeapDump::Ship::Lock.new(from, patience: 60)
    naps = []
    waiting.define_singleton_method(:sleep) { |seconds| naps.push(seconds) && go.push(true) }
    waiting.hold { refute_empty naps } # it has waited for the end of the other one
    thread.join
  end
end
