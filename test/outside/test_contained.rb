# frozen_string_literal: true

require "test_helper"
require "heapdump/leaks"
require "support/memory_group"
require "support/outside"
require "support/server"

# A process as Kubernetes runs it: the first of its own process ids, with mounts of its own and a
# root that nobody can write to, without any right, in a control group with a limit of its memory.
class TestContained < HeapDumpTest
  LIMIT = 400 << 20
  USER = 65_534
  # It reads on its standard input when to begin, and ends with it.
  PROGRAM = <<~'RUBY'
    require "heapdump"
    require "heapdump/cli"
    $stdout.sync = true
    [["--dir", ARGV[0]], []].each { |more| HeapDump::CLI.run(["doctor", "--container", *more]) }
    HeapDump::Watch::Machine.define_method(:disk) { |_| [false, 1 << 40, 1 << 41] }
    class Session; def initialize = @data = "x" * 20_000; end
    class Registry; SESSIONS = []; end
    HeapDump.watch(to: ARGV[0], every: 1, settle: 0) { |on| on.memory at: [0.2, 0.35, 0.5], for: 0 }
    [4500, 7500, 10_500].each.with_index(1) do |objects, dumps|
      Registry::SESSIONS << Session.new until Registry::SESSIONS.size == objects
      sleep 0.02 until HeapDump.watch.stats[:dumps] == dumps || $stdin.wait_readable(0)
    end
    $stdin.read
  RUBY

  def setup
    super
    reason = MemoryGroup.missing || unable
    skip "SKIPPED: #{reason}" if reason
    @group = MemoryGroup.new(LIMIT)
    File.chmod(0o755, scratch)
    Dir.mkdir(heaps)
    File.chown(USER, USER, heaps)
  end

  def teardown
    @group&.remove
    super
  end

  # Why there can be no such process here; nil if there can.
  def unable
    return "needs root" unless Process.euid.zero?

    "no mounts of its own" unless system(*UNSHARE, "mount -o remount,bind,ro /",
                                         %i[out err] => File::NULL)
  rescue Errno::ENOENT
    "no unshare"
  end

  UNSHARE = %w[unshare --mount --pid --fork --mount-proc sh -c].freeze

  def heaps
    File.join(scratch, "heap")
  end

  # Yields the process id as it is outside.
  def contained
    inside = "mount --bind #{heaps} #{heaps} && mount -o remount,bind,ro / && exec " \
             "setpriv --reuid #{USER} --regid #{USER} --clear-groups --inh-caps=-all \"$@\""
    input, output = IO.pipe
    # it is put into its group before it does anything
    pid = Process.spawn("sh", "-c", "read begin; exec \"$@\"", "sh", *UNSHARE, inside, "sh",
                        *Child::RUBY, "-W0", "-I#{Child::ROOT}/lib", "-e", PROGRAM, heaps,
                        in: input, out: "#{scratch}/out", err: %i[child out], pgroup: true)
    input.close
    @group.add(pid)
    output.puts
    wait_until("it has begun") { @inside = Processes.children(pid).first }
    yield @inside
  ensure
    output.close
    ended = Process.detach(pid)
    unless ended.join(10 * Child::PATIENCE)
      Process.kill(:KILL, -pid)
      ended.join
    end
  end

  def shown
    File.read("#{scratch}/out")
  end

  def assert_told_inside(right, wrong)
    assert_match(/^  ok  limit        400\.0 MiB, by a control group of version 1$/, right)
    assert_match(/^  ok  headroom     3\d\d\.\d MiB left, a dump may take \d\d\.\d MiB/, right)
    assert_match(/^  ok  directory    #{heaps}$/, right)
    assert_match(/^  ok  uid          #{USER}$/, right)
    assert_match(%r{^  NO  directory    /var/tmp\S* cannot be written to by user #{USER}; name an},
                 wrong)
  end

  # For root on the node.
  def assert_told_outside(pid)
    _, out, err = Outside.heapdump("doctor", pid, "--container", "--dir", heaps)
    assert_empty err
    assert_match(/^  ok  limit        400\.0 MiB, by a control group of version 1$/, out)
    assert_match(/^  ok  uid          0, process #{pid} is of user #{USER}$/, out)
    assert_match(/^  ok  directory    #{heaps}$/, out)
    _, out, = Outside.heapdump("doctor", pid, "--container", "--dir", "/var/tmp")
    assert_match(%r{^  NO  directory    /var/tmp cannot be written to by user #{USER}}, out)
  end

  def test_three_dumps_and_what_doctor_says
    contained do |pid|
      wait_until("three dumps") { Dir.glob("#{heaps}/series-*/*.manifest.json").size == 3 }
      assert_told_inside(*shown.split(/^container:\n/).drop(1))
      assert_told_outside(pid)
      # as process 1 it is the parent of all orphans
      wait_until("nobody is left unwaited for") { Processes.zombies(pid).empty? }
    end
    dumps = Dir.glob("#{heaps}/series-*-1-*/*.{zst,gz,json}").grep_v(/manifest/)
    assert_equal 3, dumps.size, shown
    dumps.each do |path|
      assert_equal [USER, 0o600], [File.stat(path).uid, File.stat(path).mode & 0o777]
      assert_equal 1, assert_whole(Dump.skim(path)).header["pid"]
    end
    assert_equal "Session", HeapDump.leaks(File.dirname(dumps.first)).first.class_name
  end
end
