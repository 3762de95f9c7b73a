# frozen_string_literal: true

require "test_helper"
require "heapdump/outside/attach"
require "heapdump/outside/ruby_image"
require "heapdump/outside/way_back"
require "support/outside"

# Plans during which all threads of a process stand still.
class TestAttachOthers < HeapDumpTest
  PROGRAM = <<~'RUBY'
    20.times { Thread.new { loop { sleep 0.001 } } }
    4.times { Thread.new { loop { Thread.new { 1 }.join } } }
    trap("USR1") { $stdout.syswrite("#{Thread.list.size}\n") }
    loop { sleep 0.01 }
  RUBY

  def setup
    super
    skip "SKIPPED: attach is not built here" unless HeapDump::Outside::Attach.find
    reason = Outside.unable
    skip "SKIPPED: #{reason}" if reason && reason !~ /gdb is not/
  end

  def test_all_stand_still_and_go_on
    Outside.with_process(PROGRAM) do |pid|
      target = HeapDump::Outside::Target.new(pid)
      3.times do
        answer, seen = during(plan(target, "all"), pid)
        assert_equal "done", answer.outcome, answer.words
        assert_operator seen.size, :>, 20
        assert_equal %w[t], seen.map(&:last).uniq - %w[S R] # the called one sleeps
        assert_equal 1, seen.count { |_, state| state != "t" }
        wait_until("all go on") { states(pid).none? { |_, state| state == "t" } }
      end
      answer, seen = during(plan(target), pid)
      assert_equal "done", answer.outcome
      assert_empty seen.select { |_, state| state == "t" }
    end
  end

  # What mmap returns then is no address of an agent.
  def test_a_process_that_may_not_have_more_memory
    skip "SKIPPED: no prlimit" unless system("prlimit --version", out: File::NULL)
    Outside.with_process("loop { sleep 0.01 }") do |pid|
      now = File.read("/proc/#{pid}/status")[/^VmSize:\s+(\d+)/, 1].to_i << 10
      assert system("prlimit", "--pid", pid.to_s, "--as=#{now}")
      status, _, err = Outside.heapdump("take", pid, "-o", File.join(scratch, "heap.json"),
                                        "--via", "ptrace", "--timeout", "5")
      assert_equal 1, status
      assert_match(/it may not have memory for the agent, .* \(mmap failed\)/, err)
      assert Outside.runs?(pid)
    end
  end

  # Killed while all of them stand still.
  def test_a_killed_program
    Outside.with_process(PROGRAM) do |pid|
      target = HeapDump::Outside::Target.new(pid)
      5.times do
        during(plan(target, "all"), pid, kill: true)
        wait_until("all go on") { states(pid).none? { |_, state| state == "t" } }
        assert Outside.runs?(pid)
      end
    end
  end

  private

  # Calls sleep for a while in the main thread.
  def plan(target, *all)
    image = HeapDump::Outside::RubyImage.find(target)
    way = HeapDump::Outside::WayBack.find(target)
    ["process #{target.pid} #{target.pid}", "way #{way.restorer.to_s(16)} #{way.saver.to_s(16)}",
     *all, "call r #{image.libc_symbol("usleep").to_s(16)} #{400_000.to_s(16)}", "end",
     ""].join("\n")
  end

  # The answer, and the states of all threads in the middle.
  def during(plan, pid, kill: false)
    attach = HeapDump::Outside::Attach.new
    thread = Thread.new { attach.run(plan) }
    thread.report_on_exception = false
    target = HeapDump::Outside::Target.new(pid)
    wait_until("it is traced") { target.tracer }
    sleep 0.15
    seen = states(pid)
    Process.kill(:KILL, target.tracer) if kill
    [kill ? thread.join : thread.value, seen]
  rescue HeapDump::Error
    raise unless kill
  end

  def states(pid)
    Dir["/proc/#{pid}/task/*/stat"].filter_map do |path|
      [path, File.read(path)[/.*\) (\S)/m, 1]]
    rescue SystemCallError
      nil # it has just ended
    end
  end
end
