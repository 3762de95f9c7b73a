# frozen_string_literal: true

require "test_helper"
require "heapdump/snapshot"

# HeapDump.watch as applications use it: its thread, its children, real dumps.
class TestWatch < HeapDumpTest
  PRELUDE = <<~'RUBY'
    require "heapdump"
    DIR = ARGV[0]
    $stdout.sync = true

    def wait_until(what)
      deadline = Process.clock_gettime(Process::CLOCK_MONOTONIC) + 30
      until yield
        raise "never: #{what}" if Process.clock_gettime(Process::CLOCK_MONOTONIC) > deadline

        sleep 0.005
      end
    end

    # Looks often, so that no test waits for the next look.
    def watch(**options, &block)
      HeapDump::Watch::Options.define_method(:every) { 0.05 }
      HeapDump::Watch::Engine.define_method(:pause) { 0.05 }
      HeapDump.watch(to: "#{DIR}/heaps", every: 1, settle: 0, **options, &block)
    end

    # whatever else fills the disk of this machine
    HeapDump::Watch::Machine.define_method(:disk) { |_| [false, 1 << 40, 1 << 41] }

    def stats = HeapDump.watch.stats
  RUBY

  def run_child(code, **options)
    Child.ruby!(PRELUDE + code, scratch, **options)
  end

  def files(pattern)
    Dir.glob(File.join(scratch, "heaps", pattern))
  end

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
    assert_match(/\Aheapdump: watch: dumping to .*heapdump: watch: dumped /m, outcome.err)
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

  # What the environment asks for is older than what Bundler decides.
  def test_json_is_loaded_with_the_first_look
    out = run_child(<<~'RUBY').out.split
      HeapDump::Watch.run({ to: "#{DIR}/heaps" }, nil, wait: 1)
      puts $LOADED_FEATURES.grep(%r{/json}).size
      wait_until("a look") { stats[:looks] > 0 }
      puts $LOADED_FEATURES.grep(%r{/json}).size.positive?
    RUBY
    assert_equal %w[0 true], out
  end

  def test_replace_return_and_stop
    out = run_child(<<~'RUBY').out
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
                  "0", "nil"], out.lines(chomp: true)
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

  # In a child that is forked while the thread loads JSON, both the watch and the application have
  # it. It takes long to load here.
  def test_fork_while_libraries_are_loaded
    out = run_child(<<~'RUBY').out
      module Slow
        def require(name)
          $loading = true if name == "json"
          sleep 0.05 if name.start_with?("json/")
          super.tap { $loading = false if name == "json" }
        end
      end
      Kernel.prepend(Slow)
      HeapDump::Watch::Options.define_method(:every) { 0.05 }
      HeapDump::Watch.run({ to: "#{DIR}/heaps" }, nil, wait: 0.01)
      wait_until("the libraries") { $loading }
      in_handler = nil
      trap(:USR1) { in_handler = fork { exit!($loading ? 1 : 0) } }
      Process.kill(:USR1, Process.pid)
      wait_until("the handler") { in_handler }
      pid = fork do
        exit!(1) if $loading
        require "json"
        print JSON.generate([1])
        wait_until("a look") { stats[:looks] > 0 }
      end
      [in_handler, pid].each { |one| Process.wait(one); raise $?.inspect unless $?.success? }
    RUBY
    assert_equal "[1]", out
  end

  # The application calls it where Bundler has decided, and nothing is loaded in a thread.
  def test_a_watch_that_looks_at_once_is_loaded_at_once
    out = run_child("HeapDump.watch(to: DIR); p HeapDump::Watch.autoload?(:Engine)").out
    assert_equal "nil\n", out
  end

  # Another Ractor cannot see who loads. It must be able to fork.
  def test_in_another_ractor
    out = run_child(<<~'RUBY').out
      watch
      one = Ractor.new { HeapDump::Watch::Loading.alone { 7 } }
      p one.respond_to?(:value) ? one.value : one.take
    RUBY
    assert_equal "7\n", out
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
  def test_forty_workers_strike_at_once
    run_child(<<~'RUBY', timeout: 120)
      pids = Array.new(40) do
        fork do
          watch(at_most: 3, cooldown: 0) { |on| on.rule(:now) { true } }
          $most = 0
          wait_until("the end") do
            $most = [$most, Dir.glob("#{DIR}/heaps/series-*/*.partial-*").size].max
            stats[:refusals][:budget].to_i.positive? || stats[:dumps] == 1
          end
          HeapDump.watch.stop
          exit!($most > 1 ? 1 : 0)
        end
      end
      pids.each { |pid| Process.wait(pid); raise $?.inspect unless $?.success? }
    RUBY
    assert_equal 3, files("series-*/*.zst").size
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
    assert_match(/\Aheapdump: watch: the process before this one \(pid #{pid}, e\) ended /,
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
      mine = watch { |on| on.rule(:last) { HeapDump.watch.stop } }
      wait_until("the end") { !mine.running? }
      p mine.stats[:looks], HeapDump::Watch.current
      watch { |on| on.rule(:next) { watch(dry: true) { |on| on.rule(:x) {} } if HeapDump.watch.stats[:looks] == 1 } }
      first = HeapDump.watch
      wait_until("another") { !HeapDump.watch.equal?(first) && HeapDump.watch.running? && !first.running? }
      p Thread.list.size
    RUBY
    assert_equal %w[1 nil 2], out
  end

  # A file system that hangs does not hold up the end of the process.
  def test_a_look_that_hangs
    run_child(<<~'RUBY')
      HeapDump::Watch.send(:remove_const, :HANGS)
      HeapDump::Watch.const_set(:HANGS, 0.05)
      mine = watch { |on| on.rule(:hangs) { Thread.handle_interrupt(Object => :never) { sleep 30 } } }
      wait_until("a look") { stats[:looks] == 1 }
      before = Process.clock_gettime(Process::CLOCK_MONOTONIC)
      mine.close
      raise "it took long" if Process.clock_gettime(Process::CLOCK_MONOTONIC) - before > 20
      exit!(0)
    RUBY
  end

  # The event file of a control group wakes the thread; any file will do to see that it waits.
  def test_it_waits_where_there_are_events
    run_child(<<~'RUBY')
      path = "#{DIR}/memory.events"
      File.write(path, "max 0\n")
      HeapDump::Watch::Engine.define_method(:events_path) { path }
      watch
      wait_until("two looks") { stats[:looks] > 1 }
      File.unlink(path)
      before = stats[:looks]
      wait_until("two looks") { stats[:looks] > before + 1 }
    RUBY
  end
end
