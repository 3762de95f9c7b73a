# frozen_string_literal: true

require "test_helper"
require "support/outside"

# What is said of a process whose children run Ruby, as the workers of a server do.
class TestChildrenOutside < HeapDumpTest
  # Until another program runs in it, a child is one that runs Ruby.
  SLEEPER = <<~'RUBY'
    child = spawn("sleep", "20")
    sleep 0.01 until File.read("/proc/#{child}/comm") == "sleep\n"
  RUBY
  MASTER = <<~RUBY.freeze
    me = $$
    workers = Array.new(2) { fork { sleep 0.05 while Process.ppid == me } }
    #{SLEEPER}
    File.write("workers", workers.join(", "))
    sleep
  RUBY

  def setup
    super
    reason = Outside.unable
    skip "SKIPPED: #{reason}" if reason
  end

  def with_master
    Outside.with_process(MASTER, chdir: scratch) do |pid|
      path = File.join(scratch, "workers")
      wait_until("the workers run") { File.size?(path) }
      yield pid, File.read(path)
    end
  end

  def test_a_master
    with_master do |pid, workers|
      hint = "Process #{pid} has child processes that run Ruby: #{workers}. " \
             "If they are workers of a server, give the number of one of them.\n"
      out = Outside.heapdump("doctor", pid)[1]
      assert_equal hint, out.lines.last
      out = Outside.heapdump("take", pid, "--via", "gdb", "-o", File.join(scratch, "heap.json"))[1]
      assert_equal hint, out.lines.last
      [["doctor", pid], ["take", pid, "-o", File.join(scratch, "heap.json")]].each do |argv|
        fields = JSON.parse(Outside.heapdump(*argv, "--json")[1])
        assert_equal workers, fields["ruby_children"].join(", ")
      end
    end
  end

  def test_a_process_without
    Outside.with_process("#{SLEEPER}\nFile.write('spawned', '1')\nsleep", chdir: scratch) do |pid|
      wait_until("its child runs") { File.size?(File.join(scratch, "spawned")) }
      out = Outside.heapdump("doctor", pid)[1]
      refute_match(/child processes/, out)
      assert_empty JSON.parse(Outside.heapdump("doctor", pid, "--json")[1])["ruby_children"]
    end
  end

  def test_a_user_without_rights
    skip "SKIPPED: needs root" unless Process.uid.zero?
    with_master do |pid,|
      code = "Process::UID.change_privilege(65_534); exit HeapDump::CLI.run(['doctor', '#{pid}'])"
      outcome = Child.ruby("require 'heapdump/cli'; HeapDump::CLI::Doctor; #{code}")
      assert_equal [1, ""], [outcome.status.exitstatus, outcome.err]
      refute_match(/child processes/, outcome.out)
    end
  end
end
