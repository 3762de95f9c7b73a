# frozen_string_literal: true

require "test_helper"
require "heapdump/snapshot"
require "support/watch_program"

# HeapDump.watch as applications use it: its thread, its children, real dumps.
class TestWatch < HeapDumpTest
  include WatchProgram

  def test_a_dump
    outcome = run_child(<<~'RUBY')
      SECRET = "a secret string of this program"
      watch { |on| on.rule(:now) { true } }
      wait_until("a dump") { stats[:dumps] == 1 }
      print Process.pid
    RUBY
    dump = assert_whole Dump.load(files("series-*/*.zst").first)
    assert_equal [outcome.out.to_i, "hash", false],
                 dump.header.values_at("pid", "strings", "gc_ran")
    refute_includes Dump.skim(dump.path).each_object.filter_map { |line|
      line["value"]
    }.join, "a secret"
    manifest = JSON.parse(File.read(files("series-*/*.manifest.json").first))
    assert_equal [File.basename(dump.path), "now", outcome.out.to_i, 1],
                 manifest.values_at("file", "rule", "pid", "number")
    assert_equal dump.footer["objects"], manifest["objects"]
    assert_match(/\Aheapdump: watch: watching, dumps to .*: dumping to .*: watch: dumped /m,
                 outcome.err)
    assert_equal 1, files("notes-*.jsonl").size
    assert_match(/"end"/, File.read(files("notes-*.jsonl").first))
    assert_empty HeapDump::Snapshot.open(dump.path, index: false).warnings
  end

  # What is loaded shows in every process that only dumps.
  def test_nothing_is_loaded_without_it
    loaded = Child.ruby!(<<~'RUBY', scratch, bare: true).out
      require "heapdump"
      HeapDump.dump("#{ARGV[0]}/heap.json")
      puts $LOADED_FEATURES.grep(%r{heapdump/watch|/json})
    RUBY
    assert_empty loaded
  end

  def test_replace_return_and_stop
    outcome = run_child(<<~'RUBY')
      first = watch
      p HeapDump.watch.equal?(first), first.running?, first.inspect
      second = watch(dry: true)
      p first.running?, second.running?, Thread.list.size
      begin
        watch(frob: 1)
      rescue ArgumentError
        p second.running?
      end
      p second.stop, second.running?, second.stop, Thread.list.size, second.stats[:dumps]
      p HeapDump::Watch.current
    RUBY
    notes = files("notes-*.jsonl").map { |path| File.read(path) }
    assert(notes.all?(/^\{"end"/), "who ends a watch ends its notes")
    shown = "\"#<HeapDump::Watch #{scratch}/heaps: running>\""
    assert_equal ["true", "true", shown, "false", "true", "2", "true", "nil", "false", "nil", "1",
                  "0", "nil"], outcome.out.lines(chomp: true)
    heaps = "#{scratch}/heaps"
    assert_includes outcome.err, "heapdump: watch: this watch (#{heaps}) replaces the one before " \
                                 "it (#{heaps})\n"
  end

  # A program that watches says so, and its children do not repeat it.
  def test_it_says_that_it_watches
    outcome = run_child(<<~'RUBY')
      p HeapDump::Watch.new({ to: "#{DIR}/no" }, nil).stats.values_at(:running, :dir, :limit)
      watch(limit: "3 TiB") { |on| on.memory(at: [0.25, "2 TiB"]) }
      wait_until("a look") { stats[:looks] > 0 }
      p stats.values_at(:running, :dir, :limit), Dir.exist?("#{DIR}/heaps")
      Process.wait(fork { wait_until("a look") { stats[:looks] > 0 } })
    RUBY
    heaps = "#{scratch}/heaps"
    assert_equal [[false, "#{scratch}/no", nil], [true, heaps, 3 << 40], true].map(&:inspect),
                 outcome.out.lines(chomp: true)
    assert_equal "heapdump: watch: watching, dumps to #{heaps}, limit 3.0 TiB (as given), " \
                 "marks at 0.25, 2.0 TiB\n", outcome.err
  end

  # Each has a thread, notes and a series of its own.
  def test_forked_children
    run_child(<<~'RUBY')
      watch { |on| on.rule(:child) { Process.pid != PARENT } }
      PARENT = Process.pid
      wait_until("a look") { stats[:looks] > 0 }
      pids = Array.new(3) do
        fork do
          wait_until("a look") { stats[:looks] > 0 }
          wait_until("a dump") { stats[:dumps] == 1 }
        end
      end
      pids.each { |pid| Process.wait(pid) ; raise unless $?.success? }
      raise "the parent dumped" unless stats[:dumps].zero?
    RUBY
    assert_equal 4, files("notes-*.jsonl").size
    assert_equal 3, files("series-*/*.zst").size
    assert_equal 3, files("series-*").size
    files("series-*/*.zst").each { |path| assert_whole Dump.skim(path) }
  end

  # A fork while the parent's dump is written: the child does not think that it is its own, and the
  # parent's lock stays.
  def test_fork_at_any_moment
    run_child(<<~'RUBY', timeout: 120)
      watch(cooldown: 0, at_most: nil) { |on| 3.times { |i| on.every(seconds: 1) } }
      KEPT = Array.new(200_000) { +"x" }
      pids = []
      until stats[:dumps] >= 3
        pids << fork { exit!(HeapDump.watch.running? ? 0 : 1) }
        sleep 0.002
        pids.reject! { |pid| Process.wait(pid, Process::WNOHANG).then { |ended| ended && ($?.success? or raise) } }
      end
      pids.each { |pid| Process.wait(pid); raise unless $?.success? }
      raise unless stats[:failures].zero?
    RUBY
    files("series-*/*.zst").each { |path| assert_whole Dump.skim(path) }
  end

  def test_a_daemon
    pid_file = File.join(scratch, "pid")
    run_child(<<~'RUBY')
      watch { |on| on.rule(:child) { Process.pid != PARENT } }
      PARENT = Process.pid
      Process.daemon(true)
      wait_until("a dump") { stats[:dumps] == 1 }
      File.write("#{DIR}/pid", Process.pid)
    RUBY
    wait_until("the daemon has dumped") { File.exist?(pid_file) }
    assert_equal 1, files("series-*/*.zst").size
  end

  # One dump at a time in all processes that share a directory, and no more than the budget.
  def test_twelve_workers_strike_at_once
    run_child(<<~'RUBY', timeout: 120)
      pids = Array.new(12) do
        fork do
          watch(pause: 0.2, at_most: 3, cooldown: 0) { |on| on.rule(:now) { true } }
          $most = 0
          wait_until("the end") do
            $most = [$most, Dir.glob("#{DIR}/heaps/series-*/*.partial-*").size].max
            stats[:refusals][:budget].to_i.positive? || stats[:dumps] == 1
          end
          HeapDump::Watch.current.stop
          exit!($most > 1 ? 1 : 0)
        end
      end
      pids.each { |pid| Process.wait(pid); raise $?.inspect unless $?.success? }
    RUBY
    assert_equal 3, files("series-*/*.zst").size
    assert_equal 3, JSON.parse(File.read(files("state.json").first))["dumps"].size
  end

  # Forked processes go on with the dump of one that was killed; a new one waits for them, and the
  # budget is that of both.
  def test_workers_that_are_killed_and_started_again
    run_child(<<~'RUBY', timeout: 120)
      ballast = Array.new(200_000) { |i| i.to_s * 3 }
      looks = 0
      start = lambda do
        Array.new(4) do
          fork do
            watch(pause: 0.1, at_most: 3, cooldown: 0) { |on| on.rule(:now) { (looks += 1).odd? } }
            wait_until("the end") { stats[:refusals][:budget].to_i.positive? }
            HeapDump::Watch.current.stop
            exit!(0)
          end
        end
      end
      writing = lambda do
        Dir.glob("#{DIR}/heaps/series-*/*.partial-*").count do |path|
          File.open(path) { |file| !file.flock(File::LOCK_SH | File::LOCK_NB) }
        rescue Errno::ENOENT
          false # it is whole
        end
      end

      pids = start.call
      wait_until("a dump") { writing.call.positive? }
      Process.kill(:KILL, *pids)
      pids.each { |pid| Process.wait(pid) }
      most = 0
      pids = start.call
      wait_until("all have ended") do
        most = [most, writing.call].max
        pids.reject! { |pid| Process.wait(pid, Process::WNOHANG) }
        pids.empty? && writing.call.zero?
      end
      raise "#{most} dumps at once of #{ballast.size} objects" if most > 1
    RUBY
    assert_includes 2..3, files("series-*/*.zst").size # one may have been killed before its fork
    assert_equal 3, JSON.parse(File.read(files("state.json").first))["dumps"].size
  end

  def test_after_a_kill
    pid = spawn_child("watch; sleep")
    wait_until("a note") { files("notes-*.jsonl").any? { |path| File.size?(path) } }
    Process.kill(:KILL, pid)
    Process.wait(pid)
    outcome = run_child(<<~'RUBY')
      watch
      wait_until("a look") { stats[:looks] > 1 }
    RUBY
    assert_match(/^heapdump: watch: the process before this one \(pid #{pid}, e\) ended /,
                 outcome.err)
  end

  def spawn_child(code)
    Process.spawn(*Child::RUBY, "-W0", "-I#{Child::ROOT}/lib", "-e", PRELUDE + code, scratch,
                  unsetenv_others: false, err: File::NULL, in: File::NULL)
  end

  # What the application sets as the seed of its numbers gives the same numbers.
  def test_the_application_does_not_notice
    out = run_child(<<~'RUBY').out.split
      srand(7)
      one = Array.new(5) { rand(1000) }
      srand(7)
      watch
      wait_until("two looks") { stats[:looks] > 1 }
      p one == Array.new(5) { rand(1000) }
      p Process.clock_gettime(Process::CLOCK_MONOTONIC) > 0
      begin
        Process.wait
      rescue Errno::ECHILD
        p :no_child
      end
    RUBY
    assert_equal %w[true true :no_child], out
  end

  def test_no_thread_can_be_started
    outcome = run_child(<<~'RUBY')
      Thread.define_singleton_method(:new) { |*| raise ThreadError, "can't create Thread" }
      one = watch
      p one.running?, one.stats[:looks], one.stop, one.close
    RUBY
    assert_equal %w[false 0 nil nil], outcome.out.split
    assert_match(/not started in process \d+: can't create Thread/, outcome.err)
  end

  # From within, by a rule or a hook.
  def test_a_watch_that_ends_itself
    out = run_child(<<~'RUBY').out.split
      mine = watch { |on| on.rule(:last) { HeapDump::Watch.current.stop } }
      wait_until("the end") { !mine.running? }
      p mine.stats[:looks], HeapDump::Watch.current
      watch { |on| on.rule(:next) { watch(dry: true) { |on| on.rule(:x) {} } if HeapDump.watch.stats[:looks] == 1 } }
      first = HeapDump.watch
      wait_until("another") { !HeapDump.watch.equal?(first) && HeapDump.watch.running? && !first.running? }
      p Thread.list.size
    RUBY
    assert_equal %w[1 nil 2], out
  end

  # As one whose connection nobody can take, because there are no more file descriptors.
  def test_a_bell_that_cannot_be_silenced
    out = run_child(<<~'RUBY').out
      bell, ring = IO.pipe
      ring << "."
      HeapDump::Watch::Engine.define_method(:bells) { [bell] }
      began = Process.clock_gettime(Process::CLOCK_MONOTONIC)
      watch(pause: 10)
      wait_until("two looks") { stats[:looks] > 1 }
      sleep 1
      looks = stats[:looks]
      seconds = Process.clock_gettime(Process::CLOCK_MONOTONIC) - began
      puts looks > seconds + 3 ? "#{looks} looks in #{seconds} s" : "calm"
    RUBY
    assert_equal "calm\n", out
  end

  # The event file of a control group wakes the thread. Where it is gone, it sleeps.
  def test_it_waits_where_there_are_events
    out = run_child(<<~'RUBY').out
      path = "#{DIR}/memory.events"
      File.write(path, "max 0\n")
      file = HeapDump::Watch::KeptFile.new(path)
      HeapDump::Watch::Engine.define_method(:events) { file.io if file.read }
      $waits = []
      IO.singleton_class.prepend(Module.new { def select(*, seconds) = ($waits << seconds) && nil })
      watch
      wait_until("two looks") { stats[:looks] > 1 }
      p $waits.first
      File.unlink(path)
      before = stats[:looks]
      wait_until("two looks") { stats[:looks] > before + 1 }
    RUBY
    assert_in_delta 0.05, out.to_f, 0.04
  end
end
