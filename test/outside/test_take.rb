# frozen_string_literal: true

require "test_helper"
require "support/outside"
require "heapdump/outside/ruby_image"

# Dumps of other processes.
class TestTake < HeapDumpTest
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
    status, out, err = Outside.heapdump("take", pid, "-o", path, "--json", "--timeout", 300,
                                        *options)
    assert_equal [0, ""], [status, err]
    JSON.parse(out)
  end

  # The block gets the dump that was read, which takes a while; without, only its footer is.
  def assert_taken(code, *options)
    Outside.with_process(code) do |pid|
      fields = take(pid, "--via", "gdb", *options)
      assert Outside.runs?(pid), "the process lives"
      assert_equal File.size(path), fields["bytes"]
      assert_equal fields["objects"], HeapDump::Outside::Footer.read(path)["objects"]
      assert_equal ["heap.json"], Dir.children(scratch)
      yield assert_whole(Dump.load(path)), fields, pid if block_given?
      File.unlink(path)
    end
  end

  def test_a_sleeping_process
    assert_taken("class Kept; end; KEPT = Kept.new; sleep") do |dump, fields, pid|
      assert_equal [pid, fields["objects"]], [dump.header["pid"], dump.size]
      assert dump.instances_of("Kept").any?
      assert_equal ["gdb", 1], fields.values_at("via", "schema_version")
      assert_operator fields["pause"], :>, 0
      refute dump.header["gc_ran"]
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
        take(pid, "--via", "gdb")
        assert HeapDump::Outside::Footer.read(path)
      end
      assert_whole Dump.load(path)
    end
  end

  # Neither dump replaces the other.
  def test_twice_without_a_name
    Outside.with_process("sleep") do |pid|
      Dir.chdir(scratch) { 2.times { assert_equal 0, Outside.heapdump("take", pid).first } }
      names = Dir.children(scratch)
      assert_equal 2, names.size
      assert_equal 2, names.grep(/\Aheap-#{pid}-\d{8}T\d{6}\.\d{3}Z\.json\z/).size, names.inspect
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
    take(pid, "--via", "gdb")
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
      status, _, err = Outside.heapdump("take", pid, "-o", target, "--via", "gdb")
      assert_equal [0, ""], [status, err]
      assert_whole Dump.load(target)
    end
  end

  # A tilde means nothing to the system.
  def test_a_name_with_a_tilde
    Outside.with_process("sleep") do |pid|
      Dir.chdir(scratch) do
        assert_equal [0, ""], Outside.heapdump("take", pid, "-o", "~nobody-there").values_at(0, 2)
      end
      assert_equal ["~nobody-there"], Dir.children(scratch)
    end
  end

  def test_a_process_of_another_user
    skip "SKIPPED: needs root" unless Process.uid.zero?
    code = "Process::UID.change_privilege(65_534); sleep"
    Outside.with_process(code) do |pid|
      wait_until("the process has changed its user") do
        target_uid(pid) == 65_534
      end
      take(pid, "--via", "gdb")
      assert_whole Dump.load(path)
    end
  end

  def target_uid(pid)
    HeapDump::Outside::Target.new(pid).uid
  end

  def test_refusals
    Outside.with_process("sleep") do |pid|
      {
        [pid, "--via", "ftp"] => [64, /invalid argument: --via ftp/],
        ["x"] => [64, /x is no process id/],
        [pid, "--timeout", "0"] => [64, /invalid argument: --timeout 0/],
        [Process.pid] => [1, /another process is needed/],
        [4_194_305] => [1, /there is no process 4194305/],
        [pid, "-o", "/nowhere/heap.json"] => [1, %r{there is no directory /nowhere}],
        [pid, "-o", scratch] => [1, /is a directory/],
        [pid, "-o", ""] => [1, /the name of the file is empty; give one/],
        [pid, "-o", "new/"] => [1, %r{new/ ends with a slash, as only a directory may}],
        [pid, "-o", "/nowhere/a\n\e[31m/x"] => [1, %r{/nowhere/a\\n\\e\[31m}],
        [pid, "--via", "signal"] => [1, /no handler of HeapDump.on_signal/]
      }.each do |argv, (expected, message)|
        status, out, err = Outside.heapdump("take", *argv)
        assert_equal [expected, ""], [status, out]
        assert_match(/\Aheapdump: [^\n]*\n\z/, err)
        assert_match message, err
      end
    end
  end

  def test_a_directory_that_cannot_be_written_to
    skip "SKIPPED: needs root" unless Process.uid.zero?
    File.chmod(0o755, scratch)
    Outside.with_process("Process::UID.change_privilege(65_534); sleep") do |pid|
      wait_until("the process has changed its user") { target_uid(pid) == 65_534 }
      code = "HeapDump::CLI::Take; HeapDump::Outside; Dir.chdir(#{scratch.dump}); " \
             "Process::UID.change_privilege(65_534)"
      [[], ["-o", "heap.json"]].each do |output|
        argv = ["take", pid.to_s, "--via", "gdb", *output]
        outcome = Child.ruby("require 'heapdump/cli'; #{code}; exit HeapDump::CLI.run(#{argv})")
        assert_equal [1, "heapdump: the directory #{scratch} cannot be written to by this user; " \
                         "give another place with -o\n"],
                     [outcome.status.exitstatus, outcome.err]
      end
    end
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

  def test_a_process_that_is_traced
    Outside.with_process("sleep") do |pid|
      reader, writer = IO.pipe
      gdb = Process.spawn("gdb", "-nx", "-q", "-p", pid.to_s, in: reader, out: File::NULL, err: File::NULL)
      wait_until("it is traced") { HeapDump::Outside::Target.new(pid).tracer }
      assert_refused(pid, /process #{gdb} is tracing it already/)
    ensure
      writer.close
      reader.close
      Process.wait(gdb)
    end
  end

  # The command in a mount namespace of its own, with whatever a command of the shell hides there.
  def take_in_namespace(pid, output, command)
    unshared = ["unshare", "--mount", "sh", "-c"]
    unless Process.uid.zero? && system(*unshared, command, err: File::NULL)
      skip "SKIPPED: no mount namespaces here"
    end
    exe = File.expand_path("../../exe/heapdump", __dir__)
    unbundled = [*Child::BUNDLER, "BUNDLER_SETUP"].to_h { |name| [name, nil] }
    Child.run(unbundled, *unshared, "#{command} && exec \"$@\"", "sh", RbConfig.ruby, "-I",
              Child::LOAD_PATHS.first, exe, "take", pid.to_s, "--via", "gdb", "-o", output,
              timeout: 60)
  end

  def test_where_nothing_but_one_place_can_be_written_to
    read_only = "for d in /tmp /var/tmp; do mount -t tmpfs -o ro none $d || exit; done; cd /proc"
    skip "SKIPPED: no /dev/shm" unless File.writable?("/dev/shm")
    Dir.mktmpdir("heapdump-test", "/dev/shm") do |directory|
      Outside.with_process("sleep") do |pid|
        outcome = take_in_namespace(pid, "#{directory}/heap.json", read_only)
        assert_predicate outcome, :success?, outcome.to_s
        assert_whole Dump.load("#{directory}/heap.json")
      end
    end
  end

  def test_a_full_disk
    Outside.with_process("sleep") do |pid|
      outcome = take_in_namespace(pid, path, "mount -t tmpfs -o size=64k none '#{scratch}'")
      assert_equal ["", 1], [outcome.out, outcome.status.exitstatus]
      assert_equal "heapdump: no dump at #{path}: No space left on device; " \
                   "give another place with -o\n", outcome.err
      assert_empty Dir.glob("{/var/tmp,/tmp,#{scratch}}/.heapdump-#{pid}-*")
      assert Outside.runs?(pid)
    end
  end

  def test_a_gdb_that_cannot_be_run
    File.write(File.join(scratch, "gdb"), "#!/nowhere/sh\n", perm: 0o755)
    gdb = HeapDump::Outside::Gdb.new(File.join(scratch, "gdb"))
    error = assert_raises(HeapDump::Outside::Gdb::Failed) do
      gdb.run(HeapDump::Outside::Target.new(Process.pid), "")
    end
    assert_equal "#{scratch}/gdb cannot be run: No such file or directory; install gdb again",
                 error.message
  end

  # While a file of /proc tells that it is traced, the clock has to run.
  # When another thread has seen gdb, and what `take` told. It may be that the thread does not run
  # while gdb is there.
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
      status, out, = Outside.heapdump("take", pid, "-o", path, "--via", "gdb", "--json")
      watcher.kill.join
      assert_equal 0, status
      return [seen, JSON.parse(out)["held"], now - started] if seen.size > 1
    end
    flunk "nobody has seen gdb in any of five dumps"
  end

  def test_how_long_gdb_held_it
    Outside.with_process("loop { 'x' * 10 }") do |pid|
      seen, held, elapsed = watched_take(pid)
      assert_operator held, :>=, seen.last.first - seen.first.last
      assert_operator held, :<, elapsed
      _, out, = Outside.heapdump("take", pid, "-o", path, "--via", "gdb")
      assert_match(/, pause \d+\.\d ms, by gdb \(which held it for \d+\.\d ms\)$/, out)
    end
  end

  # What gdb does not tell is what the whole of it took.
  def test_a_gdb_that_does_not_tell_its_time
    program = File.join(scratch, "gdb")
    File.write(program, "#!/bin/sh\ncat > /dev/null; sleep 0.2; echo armed 1\n", perm: 0o755)
    gdb = HeapDump::Outside::Gdb.new(program)
    assert_equal "armed 1\n", gdb.run(HeapDump::Outside::Target.new(Process.pid), "")
    assert_operator gdb.held, :>=, 0.2
  end

  # Copying a lot of memory keeps it in vector registers. gdb's calls must leave them as they are,
  # even those that gdb misplaces; without the description about one call in 20 damages one.
  def test_registers_stay
    code = "list = Random.bytes(1 << 20).bytes; good = list.sort; " \
           "loop { list.sort == good or raise }"
    Outside.with_process(code) do |pid|
      target = HeapDump::Outside::Target.new(pid)
      image = HeapDump::Outside::RubyImage.find(target)
      call = "print ((int (*)(void)) #{image.symbol("ruby_native_thread_p")}UL)()"
      again = "detach\nshell sleep 0.02\nattach #{pid}\n"
      out = HeapDump::Outside::Gdb.new.run(target, ([call] * 100).join("\n#{again}"))
      assert_equal 100, out.scan(/^\$\d+ = 1$/).size, out
      sleep 0.5
      assert Outside.runs?(pid), "the process lives"
    end
  end

  # Where gdb would look for it on some processors: where functions return to that it calls.
  def test_what_gdb_knows
    Outside.with_process("sleep") do |pid|
      gdb = HeapDump::Outside::Gdb.new
      out = gdb.run(HeapDump::Outside::Target.new(pid), "info files\nshow scheduler-locking")
      assert_match(/Entry point: 0x\h+/, out)
      assert_match(/Mode for locking scheduler during execution is "on"/, out)
      refute_match(/command (started|finished|exec)|cannot support/i, out)
    end
  end

  # A short form of `rake test:gdb`.
  def test_random_moments
    rounds = File.join(Child::ROOT, "test", "rounds", "gdb.rb")
    outcome = Child.run({ "ROUNDS" => "2" }, RbConfig.ruby, rounds, timeout: 300)
    assert_predicate outcome, :success?, outcome.to_s
    assert_equal 6, outcome.out.scan(" 2 whole   0 failed   0 died   0 hung").size
  end

  def test_a_process_that_has_loaded_heapdump
    assert_taken("$:.unshift(#{Child::LOAD_PATHS.first.dump}); require 'heapdump'; sleep")
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

  # Runs Ruby in a mount namespace of its own, after a command of the shell.
  def with_namespace(command)
    unshared = ["unshare", "--mount", "sh", "-c"]
    unless Process.uid.zero? && system(*unshared, command, err: File::NULL)
      skip "SKIPPED: no mount namespaces here"
    end
    reader, writer = IO.pipe
    # newer Rubies load Bundler for the last, and with it what the namespace may hide
    unbundled = [*Child::BUNDLER, "BUNDLER_SETUP"].to_h { |name| [name, nil] }
    pid = Process.spawn(unbundled, *unshared, "#{command} && exec \"$@\"", "sh", RbConfig.ruby,
                        "-W0", "-e", "$stdout.sync = true; puts; sleep", out: writer)
    writer.close
    flunk "the process did not start" unless reader.wait_readable(20) && reader.gets

    yield pid
  ensure
    Outside.stop(pid) if pid
    [reader, writer].compact.each(&:close)
  end

  def test_a_container_without_heapdump
    with_namespace("mount -t tmpfs none '#{Child::LOAD_PATHS.first}/heapdump'") do |pid|
      take(pid, "--via", "gdb") # test_loan.rb has more
      assert_whole Dump.load(path)
      assert Outside.runs?(pid)
    end
  end

  def test_a_container_with_a_disk_of_its_own
    with_namespace("mount -t tmpfs none '#{scratch}'") do |pid|
      take(pid, "--via", "gdb")
      assert_whole Dump.load(path)
      assert_empty Dir.glob("/var/tmp/.heapdump-#{pid}-*")
    end
  end

  # At any time while gdb is attached. gdb goes on without the command.
  def test_interrupted_and_killed
    %i[INT TERM KILL].each do |signal|
      6.times do |i|
        Outside.with_process("loop { sleep 0.001; 'x' * 100 }") do |pid|
          end_take(pid, signal, i * 0.015)
          wait_until("gdb is gone") { HeapDump::Outside::Target.new(pid).tracer.nil? }
          assert Outside.runs?(pid), "SIG#{signal}"
          left = Dir.children(scratch) - ["heap.json"]
          assert_empty left unless signal == :KILL
          FileUtils.rm_rf(Dir.children(scratch).map { |name| File.join(scratch, name) })
        end
      end
    end
  end

  # A directory with a gdb that stops for a moment before each command: what it does otherwise is
  # over before anybody sees that it is attached.
  def slow_gdb
    @slow_gdb ||= Dir.mktmpdir("heapdump-gdb").tap do |directory|
      File.write(File.join(directory, "gdb"), <<~SH, perm: 0o755)
        #!/bin/sh
        sed 's/^\\(print\\|call\\|set [$]\\)/shell sleep 0.02\\n&/' | #{HeapDump::Outside::Gdb.find} "$@"
      SH
    end
  end

  def teardown
    FileUtils.rm_rf(@slow_gdb) if @slow_gdb
    super
  end

  def end_take(pid, signal, seconds)
    exe = File.expand_path("../../exe/heapdump", __dir__)
    take = Process.spawn({ "PATH" => "#{slow_gdb}:#{ENV.fetch("PATH")}" }, RbConfig.ruby, "-I",
                         Child::LOAD_PATHS.first, exe, "take", pid.to_s,
                         "-o", path, "--via", "gdb", "--timeout", "10",
                         out: File::NULL, err: File::NULL, pgroup: true)
    target = HeapDump::Outside::Target.new(pid)
    wait_until("gdb is attached") { target.tracer }
    sleep seconds # any moment of the time that gdb takes will do
    Process.kill(signal, take)
  rescue Errno::ESRCH
    nil # it was faster
  ensure
    Process.wait(take)
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
    status, out, err = Outside.heapdump("take", pid, "-o", path, "--via", "gdb", "--timeout",
                                        timeout)
    assert_equal [1, ""], [status, out]
    assert_match message, err
    assert_empty Dir.children(scratch)
  end
end
