# frozen_string_literal: true

require "test_helper"
require "support/outside"
require "heapdump/outside/work_directory"

# The directory that another process dumps into: whatever comes, it does not stay.
class TestWorkDirectory < HeapDumpTest
  REQUIRE = "require 'heapdump/errors'; require 'heapdump/outside/target'; " \
            "require 'heapdump/outside/work_directory'"

  def setup
    super
    skip "SKIPPED: no /proc here" unless File.exist?("/proc/self/maps")
  end

  def path
    File.join(scratch, "heap.json")
  end

  # As a dump does it, once in each directory that it is told of.
  WRITER = <<~'RUBY'
    done = nil
    loop do
      dir = File.read(ORDER)
      next if dir == done

      done = dir
      File.write("#{dir}/report", "started")
      File.write("#{dir}/heap.json.partial-1", "x")
      File.rename("#{dir}/heap.json.partial-1", "#{dir}/heap.json")
    rescue SystemCallError
      nil # no order yet, or the directory was removed meanwhile
    end
  RUBY

  def test_removed_while_the_process_writes
    orders = Dir.mktmpdir
    order = File.join(orders, "order")
    Outside.with_process("ORDER = #{order.dump}; #{WRITER}") do |pid|
      target = HeapDump::Outside::Target.new(pid)
      met = 0
      100.times do
        HeapDump::Outside::WorkDirectory.open(target, path) do |directory|
          File.write("#{order}.new", directory.inner_path)
          File.rename("#{order}.new", order)
          wait_until("the process is at it") { directory.report }
          met += 1
        end
      end
      assert_equal 100, met
      assert_empty Dir.children(scratch)
    end
  ensure
    FileUtils.rm_rf(orders)
  end

  # It does nothing else, so a signal comes just then.
  def test_interrupted_while_it_is_made_or_removed
    code = <<~RUBY
      #{REQUIRE}
      target = HeapDump::Outside::Target.new(Process.pid)
      begin
        $stdout.syswrite("\\n")
        loop { HeapDump::Outside::WorkDirectory.open(target, #{path.dump}) { nil } }
      rescue Interrupt
        exit!(3)
      end
    RUBY
    { INT: [3, nil], TERM: [nil, Signal.list["TERM"]] }.each do |signal, its_end|
      5.times do
        status = interrupt(code, signal)
        assert_equal its_end, [status.exitstatus, status.termsig]
        assert_empty Dir.children(scratch), signal
      end
    end
  end

  def interrupt(code, signal)
    reader, writer = IO.pipe
    pid = Process.spawn(*Child::RUBY, "-I", Child::LOAD_PATHS.first, "-e", code, out: writer)
    writer.close
    assert reader.wait_readable(20 * Child::PATIENCE), "it did not start"
    sleep rand(0.0..0.05) # any moment will do
    Process.kill(signal, pid)
    wait_until("it has ended") { Process.wait(pid, Process::WNOHANG) }
    Process.last_status
  ensure
    [reader, writer].each(&:close)
    Outside.stop(pid)
  end

  def test_what_is_not_ours_stays_and_is_told
    own = HeapDump::Outside::Target.new(Process.pid)
    assert_raises(Errno::ENOTEMPTY) do
      HeapDump::Outside::WorkDirectory.open(own, path) do |directory|
        File.write(File.join(directory.inner_path, "strange"), "")
      end
    end
    assert_equal ["strange"], Dir.children(File.join(scratch, Dir.children(scratch).first))
  end

  def test_the_handler_of_interrupts_is_put_back
    its_own = proc {}
    before = trap("INT", its_own)
    HeapDump::Outside::WorkDirectory.open(HeapDump::Outside::Target.new(Process.pid), path) { nil }
    assert_same its_own, trap("INT", before)
  ensure
    trap("INT", before)
  end
end
