# frozen_string_literal: true

require "support/outside"
require "heapdump/outside/ruby_image"

# Dumps of other processes, by the way that `via` names ("gdb", "ptrace"): what is tested of both.
module Taking
  def setup
    super
    reason = Outside.unable
    skip "SKIPPED: #{reason}" if reason
  end

  def path
    File.join(scratch, "heap.json")
  end

  # However busy the machine is: the minute that it takes by default may not be enough.
  def take(pid, *options)
    status, out, err = Outside.heapdump("take", pid, "-o", path, "--via", via, "--json",
                                        "--timeout", 300, *options)
    assert_equal [0, ""], [status, err]
    JSON.parse(out)
  end

  # The block gets the dump that was read, which takes a while; without, only its footer is.
  def assert_taken(code, *options, flags: [])
    Outside.with_process(code, *flags) do |pid|
      fields = take(pid, *options)
      assert Outside.runs?(pid), "the process lives"
      assert_equal File.size(path), fields["bytes"]
      assert_equal fields["objects"], HeapDump::Outside::Footer.read(path)["objects"]
      assert_equal ["heap.json"], Dir.children(scratch)
      yield assert_whole(Dump.load(path)), fields, pid if block_given?
      File.unlink(path)
    end
  end

  def test_a_sleeping_process
    code = "class Kept; end; KEPT = Kept.new; sleep"
    assert_taken(code, flags: ["--enable=gems"]) do |dump, fields, pid|
      assert_equal [pid, fields["objects"]], [dump.header["pid"], dump.size]
      assert dump.instances_of("Kept").any?
      assert_equal [via, 1], fields.values_at("via", "schema_version")
      assert_equal [true, false], [fields["pause"].positive?, dump.header["gc_ran"]]
    end
  end

  def test_what_the_main_thread_may_wait_for
    ["$stdin.read", "IO.select([$stdin])", "Process.wait(spawn('sleep', '60'))",
     "Thread.new { sleep }.join",
     "l = Mutex.new; Thread.new { l.lock; sleep }; sleep 0.01 until l.locked?; l.lock",
     "Queue.new.tap { |queue| Thread.new { sleep }; queue.pop }"].each do |code|
      assert_taken(code)
    end
  end

  # MRI makes a frame for it that has no code. The file is a pipe whose end does not come.
  def test_a_file_that_it_is_just_reading
    Dir.mktmpdir("heapdump-taking") do |directory|
      File.mkfifo(pipe = File.join(directory, "slow.rb"))
      code = "f = '#{pipe}'; w = File.open(f, 'r+'); w.syswrite(\"1\\n2\\n\"); "
      ["load f", "require f", "Thread.new { load f }; sleep"].each { assert_taken("#{code}#{_1}") }
    end
  end

  def test_what_it_may_be_busy_with
    ["loop { 'x' * 10 }", "loop { GC.start }",
     "4.times.map { Thread.new { loop { 1 } } }.each(&:join)",
     "class Bare < BasicObject; def run = ::Kernel.loop {}; end; Bare.new.run",
     "loop { begin; raise 'x'; rescue; end }", "loop { Thread.new {}.join }"].each do |code|
      assert_taken(code)
    end
  end

  def test_again_and_again
    Outside.with_process("loop { sleep 0.01; 'x' * 100 }") do |pid|
      3.times do
        take(pid)
        assert HeapDump::Outside::Footer.read(path)
      end
      assert_whole Dump.load(path)
    end
  end

  def test_a_gc_first
    assert_taken("sleep", "--gc") { |dump,| assert dump.header["gc_ran"] }
  end

  def test_what_waits_goes_on_waiting
    code = "q = Queue.new; t = Thread.new { q.pop; puts :popped }; at = Time.now; sleep 2; " \
           "puts Time.now - at; q << 1; t.join; sleep"
    reader, writer = IO.pipe
    pid = Process.spawn(RbConfig.ruby, "-W0", "-e", "$stdout.sync = true; puts :up; #{code}",
                        out: writer)
    assert_equal "up\n", reader.gets
    take(pid)
    assert_operator reader.gets.to_f, :>=, 2
    assert_equal "popped\n", reader.gets
  ensure
    [reader, writer].each(&:close)
    Outside.stop(pid)
  end

  def test_names_that_need_care
    name = "it's \"odd\" \#{1} $(x) é\n.json"
    Outside.with_process("sleep") do |pid|
      target = File.join(scratch, name)
      status, _, err = Outside.heapdump("take", pid, "-o", target, "--via", via)
      assert_equal [0, ""], [status, err]
      assert_whole Dump.load(target)
    end
  end

  def test_a_process_of_another_user
    skip "SKIPPED: needs root" unless Process.uid.zero?
    code = "Process::UID.change_privilege(65_534); sleep"
    Outside.with_process(code) do |pid|
      wait_until("the process has changed its user") do
        target_uid(pid) == 65_534
      end
      take(pid)
      assert_whole Dump.load(path)
    end
  end

  def target_uid(pid)
    HeapDump::Outside::Target.new(pid).uid
  end

  def test_a_process_that_is_no_ruby
    pid = Process.spawn("sleep", "60")
    assert_refused(pid, /it runs no Ruby/)
  ensure
    Outside.stop(pid)
  end

  def test_a_stopped_process
    Outside.with_process("sleep") do |pid|
      Process.kill(:STOP, pid)
      wait_until("it is stopped") { HeapDump::Outside::Target.new(pid).state == "T" }
      assert_refused(pid, /it is stopped; kill -CONT #{pid}/)
    end
  end

  # While a file of /proc tells that it is traced, the clock has to run.
  # When another thread has seen the tracer, and what `take` told. It may be that the thread does
  # not run while that is there.
  def watched_take(pid)
    target = HeapDump::Outside::Target.new(pid)
    5.times do
      seen = []
      watcher = Thread.new do
        loop do
          before = now
          seen << [before, now] if target.tracer
        end
      end
      started = now
      status, out, = Outside.heapdump("take", pid, "-o", path, "--via", via, "--json")
      watcher.kill.join
      assert_equal 0, status
      return [seen, JSON.parse(out)["held"], now - started] if seen.size > 1
    end
    flunk "nobody has seen the tracer in any of five dumps"
  end

  def test_how_long_it_was_held
    Outside.with_process("loop { 'x' * 10 }") do |pid|
      seen, held, elapsed = watched_take(pid)
      assert_operator held, :>=, seen.last.first - seen.first.last
      assert_operator held, :<, elapsed
      _, out, = Outside.heapdump("take", pid, "-o", path, "--via", via)
      assert_match(/, pause \d+\.\d ms, by #{via} \(which held it for \d+\.\d ms\)$/, out)
    end
  end

  def test_a_process_that_has_loaded_heapdump
    assert_taken("sleep", flags: ["-I", Child::LOAD_PATHS.first, "-rheapdump"])
  end

  # What is left in the process is not in the way of the whole library.
  def test_a_process_that_loads_heapdump_later
    code = <<~RUBY
      trap("USR1") { @go = true }
      sleep 0.01 until @go
      $:.unshift(#{Child::LOAD_PATHS.first.dump})
      require "heapdump"
      HeapDump.dump("#{scratch}/later.json")
      begin
        HeapDump.dump("/nowhere/heap.json")
      rescue HeapDump::WriteError => e
        File.write("#{scratch}/error", [e.errno, e.path].inspect)
      end
      sleep
    RUBY
    assert_taken(code) do |_, _, pid|
      Process.kill(:USR1, pid)
      wait_until("it has dumped") { File.size?(File.join(scratch, "error")) }
      assert_equal [Errno::ENOENT::Errno, "/nowhere/heap.json"].inspect,
                   File.read(File.join(scratch, "error"))
      assert_whole Dump.load(File.join(scratch, "later.json"))
    end
  end

  # A C function that keeps the lock of the VM: one that locks a mutex twice.
  def test_a_process_that_never_comes_to_a_safe_point
    code = <<~'RUBY'
      require "fiddle"
      lock = Fiddle::Function.new(Fiddle::Handle::DEFAULT["pthread_mutex_lock"],
                                  [Fiddle::TYPE_VOIDP], Fiddle::TYPE_INT, need_gvl: true)
      mutex = "\0" * 64
      2.times { lock.call(mutex) }
    RUBY
    skip "SKIPPED: no fiddle here" unless Child.ruby("require 'fiddle'").success?
    Outside.with_process(code) do |pid|
      wait_until("it is stuck") { File.read("/proc/#{pid}/syscall").start_with?("202 ") }
      assert_refused(pid, /no dump of process #{pid} within 1.0 s: it came to no point/, timeout: 1)
      assert Outside.runs?(pid)
    end
  end

  def assert_refused(pid, message, timeout: 20)
    status, out, err = Outside.heapdump("take", pid, "-o", path, "--via", via, "--timeout",
                                        timeout)
    assert_equal [1, ""], [status, out]
    assert_match message, err
    assert_empty Dir.children(scratch)
  end

  # A short form of `rake test:gdb` and `rake test:ptrace`.
  def test_random_moments
    rounds = File.join(Child::ROOT, "test", "rounds", "takes.rb")
    outcome = Child.run({ "ROUNDS" => "1", "VIA" => via }, RbConfig.ruby, rounds, timeout: 300)
    assert_predicate outcome, :success?, outcome.to_s
    targets = outcome.out.include?("Puma is left out") ? 5 : 6
    assert_equal targets, outcome.out.scan(" 1 whole   0 failed   0 died   0 hung").size
  end
end
