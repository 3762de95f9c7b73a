# frozen_string_literal: true

require "test_helper"
require "minitest/mock"
require "support/accounts"
require "support/taking_in_containers"
require "support/taking_oddities"
require "heapdump/outside/by_ptrace"

# Dumps of other processes by heapdump's own program.
class TestTakeByPtrace < HeapDumpTest
  include TakingInContainers
  include TakingOddities

  def via
    "ptrace"
  end

  def setup
    super
    skip "SKIPPED: attach is not built here" unless HeapDump::Outside::Attach.find
  end

  # A program in the place of ours.
  def with_program(text, perm: 0o755, &block)
    file = File.join(Dir.mktmpdir("heapdump-attach"), "attach")
    File.write(file, text, perm: perm)
    HeapDump::Outside::Attach.stub(:find, file, &block)
  ensure
    FileUtils.rm_rf(File.dirname(file))
  end

  def with_no_program(&)
    HeapDump::Outside::Attach.stub(:find, nil, &)
  end

  def with_no_gdb(&)
    HeapDump::Outside::Gdb.stub(:find, nil, &)
  end

  # What a command prints, which succeeds.
  def out_of(*argv)
    status, out, err = Outside.heapdump(*argv)
    assert_equal [0, ""], [status, err]
    out
  end

  def test_it_is_the_way_that_is_used_and_needs_no_gdb
    Outside.with_process("class Kept; end; KEPT = Kept.new; sleep") do |pid|
      with_no_gdb do
        assert_match(/, by ptrace \(which held it for \d+\.\d ms\)$/,
                     out_of("take", pid, "-o", path))
        assert_match(/^gdb: does not work$.*^`heapdump take #{pid}` will use ptrace\.$/m,
                     out_of("doctor", pid))
        assert_match(/^ +1  Kept$/, out_of("count", pid, "Kept"))
      end
    end
    assert Dump.load(path).instances_of("Kept").any?
  end

  def test_without_the_program_gdb_is_used_and_that_is_told
    Outside.with_process("sleep") do |pid|
      with_no_program do
        out = out_of("take", pid, "-o", path)
        assert_match(/by gdb \(which/, out)
        assert_match(/^Not by ptrace: heapdump's program for it was not built here \(/, out)
        fields = JSON.parse(out_of("take", pid, "-o", path, "--json"))
        assert_equal "gdb", fields["via"]
        assert_match(/\Aptrace: heapdump's program/, fields["fallback"])
        refute_includes JSON.parse(out_of("take", pid, "-o", path, "--via", "gdb", "--json")),
                        "fallback"
      end
    end
  end

  # proc_mem.force_override=never: pages of code cannot be written in the usual way.
  def test_a_kernel_that_lets_nobody_write_to_code
    library = Accounts.compile(scratch, <<~C)
      #include <errno.h>
      #include <sys/types.h>
      ssize_t pwrite(int file, const void *bytes, size_t size, off_t at) { errno = EIO; return -1; }
      ssize_t pwrite64(int file, const void *bytes, size_t size, off_t at) { errno = EIO; return -1; }
    C
    real = HeapDump::Outside::Attach.find
    Outside.with_process("class Kept; end; KEPT = Kept.new; loop { sleep 0.001 }") do |pid|
      with_program("#!/bin/sh\nLD_PRELOAD=#{library} exec #{real} \"$@\"\n") do
        3.times { assert_match(/, by ptrace \(/, out_of("take", pid, "-o", path)) }
      end
      assert Dump.load(path).instances_of("Kept").any?
    end
  end

  def test_what_the_program_cannot_do_gdb_does
    Outside.with_process("sleep") do |pid|
      with_program("#!/bin/sh\ncat > /dev/null; echo cannot it has a shadow stack\n") do
        assert_match(/by gdb .*^Not by ptrace: it has a shadow stack\.$/m,
                     out_of("take", pid, "-o", path))
        assert_equal 1, Outside.heapdump("take", pid, "-o", path, "--via", "ptrace").first
      end
      with_program("#!/nowhere/sh\n") do
        assert_match(/^Not by ptrace: .* cannot be run: No such file or directory\.$/,
                     out_of("take", pid, "-o", path))
      end
    end
  end

  def test_where_nothing_can_do_it
    Outside.with_process("sleep") do |pid|
      with_no_gdb do
        with_no_program do
          _, _, err = Outside.heapdump("take", pid, "-o", path)
          assert_match(/\Aheapdump: cannot dump process #{pid} by ptrace: heapdump's program/, err)
        end
        with_program("#!/bin/sh\necho cannot it has no legs\n") do
          assert_equal "heapdump: it has no legs\n", Outside.heapdump("take", pid, "-o", path).last
        end
      end
      assert Outside.runs?(pid)
    end
  end

  # What ends without an answer, or is of another version.
  def test_answers_that_are_none
    Outside.with_process("sleep") do |pid|
      { "kill -9 $$" => /ended without an answer/, "echo fine" => /ended without an answer/,
        "echo failed it fell" => /process #{pid}: it fell/,
        "cat > /dev/null; echo later it sleeps" =>
          /ptrace could not make process #{pid} dump: it sleeps/ }.each do |text, message|
        with_program("#!/bin/sh\n#{text}\n") { assert_refused(pid, message) }
        assert Outside.runs?(pid)
      end
    end
  end

  def test_a_process_that_is_traced
    Outside.with_process("sleep") do |pid|
      target = HeapDump::Outside::Target.new(pid)
      target.stub(:tracer, 4711) do
        checks = HeapDump::Outside::ByPtrace.new(target).checks
        assert_equal "process 4711 is tracing it already; end that one first",
                     checks.first_failure.message
      end
    end
  end

  # Each thread can be given the job, if the main thread does not come to it.
  def test_other_threads
    Outside.with_process("3.times { Thread.new { sleep } }; sleep") do |pid|
      target = HeapDump::Outside::Target.new(pid)
      wait_until("its threads run") { target.threads.size >= 4 }
      assert_equal pid, target.threads.first
      call = HeapDump::Outside::AgentCall.new(target, HeapDump::Outside::RubyImage.find(target),
                                              ["/nowhere", "/nowhere", "/nowhere", {}])
      plan = HeapDump::Outside::AttachPlan.new(call, HeapDump::Outside::WayBack.find(target))
      program = HeapDump::Outside::Attach.new
      address = program.run(plan.one).variables.fetch("b")
      answers = target.threads.map { |id| program.run(plan.for_thread(id, address)) }
      assert_equal ["done"], answers.map(&:outcome).uniq
      assert_operator answers.count { |answer| answer.variables["r"] == 1 }, :>=, 4
      assert_equal answers.map { |answer| answer.variables["r"] },
                   answers.map { |answer| answer.variables["j"] && 1 }
      assert Outside.runs?(pid)
    end
  end

  # Neither the command nor the program that it has started comes to its end.
  def test_interrupted_and_killed
    exe = File.expand_path("../../exe/heapdump", __dir__)
    Outside.with_process("loop { sleep 0.001; 'x' * 100 }") do |pid|
      %i[INT TERM KILL KILL].each do |signal|
        command = Process.spawn(RbConfig.ruby, "-I", Child::LOAD_PATHS.first, exe, "take", pid.to_s,
                                "-o", path, "--via", "ptrace", "--timeout", "10",
                                out: File::NULL, err: File::NULL, pgroup: true)
        sleep rand(0.1..0.5) # any moment will do
        Process.kill(signal, command)
        Process.wait(command)
        wait_until("nobody traces it") { HeapDump::Outside::Target.new(pid).tracer.nil? }
        assert Outside.runs?(pid), "SIG#{signal}"
      end
    end
  end
end
