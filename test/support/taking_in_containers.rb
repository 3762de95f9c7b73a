# frozen_string_literal: true

require "support/taking"

# The same where the process, or the command, has mounts of its own.
module TakingInContainers
  include Taking

  # The command in a mount namespace of its own, with whatever a command of the shell hides there.
  def take_in_namespace(pid, output, command)
    unshared = ["unshare", "--mount", "sh", "-c"]
    unless Process.uid.zero? && system(*unshared, command, err: File::NULL)
      skip "SKIPPED: no mount namespaces here"
    end
    exe = File.expand_path("../../exe/heapdump", __dir__)
    unbundled = [*Child::BUNDLER, "BUNDLER_SETUP"].to_h { |name| [name, nil] }
    Child.run(unbundled, *unshared, "#{command} && exec \"$@\"", "sh", RbConfig.ruby, "-I",
              Child::LOAD_PATHS.first, exe, "take", pid.to_s, "--via", via, "-o", output,
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
      take(pid) # it gets a copy: test_loan.rb
      assert_whole Dump.load(path)
      assert Outside.runs?(pid)
    end
  end

  def test_a_container_with_a_disk_of_its_own
    with_namespace("mount -t tmpfs none '#{scratch}'") do |pid|
      take(pid)
      assert_whole Dump.load(path)
      assert_empty Dir.glob("/var/tmp/.heapdump-#{pid}-*")
    end
  end
end
