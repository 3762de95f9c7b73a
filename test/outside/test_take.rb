# frozen_string_literal: true

require "test_helper"
require "support/taking_in_containers"
require "support/taking_oddities"

# Dumps of other processes by gdb, and what does not depend on the way.
class TestTake < HeapDumpTest
  include TakingInContainers
  include TakingOddities

  def via
    "gdb"
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

  # A tilde means nothing to the system.
  def test_a_name_with_a_tilde
    Outside.with_process("sleep") do |pid|
      Dir.chdir(scratch) do
        assert_equal [0, ""], Outside.heapdump("take", pid, "-o", "~nobody-there").values_at(0, 2)
      end
      assert_equal ["~nobody-there"], Dir.children(scratch)
    end
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

  def test_a_gdb_that_cannot_be_run
    File.write(File.join(scratch, "gdb"), "#!/nowhere/sh\n", perm: 0o755)
    gdb = HeapDump::Outside::Gdb.new(File.join(scratch, "gdb"))
    error = assert_raises(HeapDump::Outside::Gdb::Failed) do
      gdb.run(HeapDump::Outside::Target.new(Process.pid), "")
    end
    assert_equal "#{scratch}/gdb cannot be run: No such file or directory; install gdb again",
                 error.message
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
end
