# frozen_string_literal: true

require "test_helper"
require "heapdump/snapshot"
require "heapdump/leaks"
require "support/memory_group"

# The whole story in a control group with a limit: a process leaks until the kernel kills it. What
# remains are three dumps of it and its notes, and the next process says so.
class TestLimited < HeapDumpTest
  LIMIT = 400 << 20
  LEAK = <<~RUBY.freeze
    HeapDump::Watch::Machine.define_method(:disk) { |_| [false, 1 << 40, 1 << 41] }
    class Session; def initialize = @data = "x" * 20_000; end
    class Registry; SESSIONS = []; end
    HeapDump::Watch::Engine.define_method(:pause) { 0.1 }
    MARKS = [0.3, 0.45, 0.6]
    HeapDump.watch(to: ARGV[0], settle: 0) { |on| on.memory at: MARKS, for: 0.3 }

    GROUP = HeapDump::Watch::Machine.new.cgroup
    def leak = 100.times { Registry::SESSIONS << Session.new }

    def wait_for_dumps(number)
      #{3000 * Child::PATIENCE}.times { HeapDump.watch.stats[:dumps] >= number ? return : sleep(0.01) }
      abort "dump \#{number} never came"
    end

    # However slow the machine is, it does not run over two marks at once.
    MARKS.each.with_index(1) do |mark, number|
      leak until GROUP.usage.last > (mark * #{LIMIT}) + (4 << 20)
      wait_for_dumps(number)
    end
    loop { leak }
  RUBY
  NEXT = <<~RUBY.freeze
    HeapDump.watch(to: ARGV[0])
    #{3000 * Child::PATIENCE}.times { HeapDump.watch.stats[:notes] > 0 ? exit : sleep(0.01) }
    abort "a note never came"
  RUBY

  def setup
    super
    reason = MemoryGroup.missing
    skip "SKIPPED: #{reason}" if reason
    @group = MemoryGroup.new(LIMIT)
  end

  def teardown
    @group&.remove
    super
  end

  def heaps
    File.join(scratch, "heaps")
  end

  # Runs a program in the group.
  def run_in_group(code)
    code = "require 'heapdump'; $stdin.gets; #{code}" # until it is in its group
    input, output = IO.pipe
    command = [*Child::RUBY, "-W0", "-I#{Child::ROOT}/lib", "-e", code, heaps]
    pid = Process.spawn(*command, in: input, err: "#{scratch}/log")
    @group.add(pid)
    input.close
    output.puts
    status = Timeout.timeout(180 * Child::PATIENCE) { Process.wait2(pid).last }
    pid = nil
    status
  ensure
    output.close
    pid && Process.kill(:KILL, pid) && Process.wait(pid)
  end

  def test_three_dumps_of_a_process_that_is_killed
    status = run_in_group(LEAK)
    log = File.read("#{scratch}/log")
    assert_equal Signal.list["KILL"], status.termsig, log
    dumps = Dir.glob("#{heaps}/series-*/*.zst")
    assert_equal 3, dumps.size, log
    dumps.each { |path| assert_whole Dump.skim(path) }
    suspect = HeapDump.leaks(File.dirname(dumps.first)).first
    assert_equal "Session", suspect.class_name
    run_in_group(NEXT)
    told = File.read("#{scratch}/log")
    assert_match(/the process before this one \(pid #{status.pid}, e\) was OOM-killed; /, told)
    assert_match(/3 dumps of it: `heapdump leaks #{File.dirname(dumps.first)}`/, told)
  end
end
