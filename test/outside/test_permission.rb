# frozen_string_literal: true

require "test_helper"
require "support/outside"
require "heapdump/outside/by_signal"
require "heapdump/outside/permission"

# What a user is told who may not look into a process.
class TestPermission < HeapDumpTest
  # A process that the kernel keeps from us.
  Kept = Struct.new(:uid, :user) do
    def mappings = [Struct.new(:from).new(0)]
    def memory(*) = raise(Errno::EACCES)
  end

  def told(uid: Process.euid, scope: nil, capabilities: 0)
    own = File.join(scratch, rand.to_s)
    FileUtils.mkdir_p(["#{own}/self", "#{own}/sys/kernel/yama"])
    File.write("#{own}/self/status", "Name:\tx\nCapEff:\t#{capabilities.to_s(16).rjust(16, "0")}\n")
    File.write("#{own}/sys/kernel/yama/ptrace_scope", "#{scope}\n") if scope
    message, ok = HeapDump::Outside::Permission.new(Kept.new(uid, "deploy"), own: own).check
    refute ok
    message
  end

  # The euid of another within the block; only root can.
  def as(uid)
    skip "SKIPPED: needs root" unless Process.euid.zero?
    Process::Sys.seteuid(uid)
    yield
  ensure
    Process::Sys.seteuid(0) if Process.uid.zero?
  end

  def test_root_without_the_capability
    skip "SKIPPED: needs root" unless Process.euid.zero?
    [nil, 0, 1, 2].each do |scope|
      assert_match(/\Aroot lacks the capability SYS_PTRACE here; give it to the container/,
                   told(scope: scope), "ptrace_scope #{scope.inspect}")
    end
    assert_match(/until it is rebooted/, told(scope: 3))
    assert_match(/\Athe system forbids it \(Permission denied\); a container must be allowed/,
                 told(scope: 1, capabilities: 1 << 19))
  end

  # Root is never told to become root, nor what root would need not to be told.
  def test_root_is_not_told_to_become_root
    skip "SKIPPED: needs root" unless Process.euid.zero?
    [nil, 0, 1, 2, 3].product([0, 1 << 19]).each do |scope, capabilities|
      refute_match(/(as|needs|only) root/, told(scope: scope, capabilities: capabilities))
    end
  end

  # What the signal's checks say of a process that the kernel keeps from us.
  def told_of_signal(error)
    target = Struct.new(:pid, :user) do
      define_method(:handlers) { raise error }
      def running = ["it runs", true]
    end
    checks = HeapDump::Outside::BySignal.new(target.new(Process.pid, "deploy")).checks
    checks.first_failure.message
  end

  def test_a_signal
    skip "SKIPPED: needs root" unless Process.euid.zero?
    refute_match(/as root/, told_of_signal(Errno::EACCES))
    as(65_534) do
      assert_match(/may not look at it; run this as root/, told_of_signal(Errno::EACCES))
    end
  end

  def test_root_without_the_capability_to_send_signals
    skip "SKIPPED: needs root" unless Process.uid.zero?
    without = %w[setpriv --bounding-set=-kill --inh-caps=-kill]
    skip "SKIPPED: no setpriv" unless system(*without, "true", err: File::NULL)
    Outside.with_process("Process::UID.change_privilege(65_534); sleep") do |pid|
      wait_until("it has changed its user") { HeapDump::Outside::Target.new(pid).uid == 65_534 }
      code = "require 'heapdump/cli'; HeapDump::CLI.run(['doctor', '#{pid}'])"
      outcome = Child.run({}, *without, RbConfig.ruby, "-I", Child::LOAD_PATHS.first, "-e", code,
                          timeout: 60)
      assert_match(/NO  permission: root lacks the capability KILL here/, outcome.out)
    end
  end

  def test_a_user
    File.chmod(0o777, scratch)
    as(65_534) do
      [1, 2].each { |scope| assert_match(/lets only root do it.*#{scope}\)/, told(scope: scope)) }
      assert_match(/the system forbids it/, told(scope: 0))
      assert_match(/the system forbids it/, told(scope: 1, capabilities: 1 << 19))
      assert_match(/until it is rebooted/, told(scope: 3))
      assert_match(/belongs to user deploy; run this as that user or as root/, told(uid: 4711))
    end
  end

  # The real kernel, and a root like that of a container.
  def test_doctor_without_the_capability
    skip "SKIPPED: needs root" unless Process.uid.zero?
    without = %w[setpriv --bounding-set=-sys_ptrace --inh-caps=-sys_ptrace]
    skip "SKIPPED: no setpriv" unless system(*without, "true", err: File::NULL)
    exe = File.expand_path("../../exe/heapdump", __dir__)
    Outside.with_process("sleep") do |pid|
      outcome = Child.run({}, *without, RbConfig.ruby, "-I", Child::LOAD_PATHS.first, exe, "doctor",
                          pid.to_s, timeout: 60)
      assert_match(/NO  permission: root lacks the capability SYS_PTRACE here/, outcome.out)
      refute_match(/as root/, outcome.out)
    end
  end
end
