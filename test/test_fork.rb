# frozen_string_literal: true

require "test_helper"
require "support/laws"

# Dumps by forked processes: the laws once more, with everything that does not fit a block.
class TestForkedLaws < HeapDumpTest
  include Laws

  def dumped
    @@dumped ||= Dumps.make("forked", { dump: { fork: true, processes: 3 } })
  end
end

# What forked dumps do to the process, and what becomes of them when something goes wrong.
class TestFork < HeapDumpTest
  def path
    File.join(scratch, "heap.json")
  end

  def test_the_application_sees_no_child
    code = <<~'RUBY'
      require "heapdump"
      seen = []
      trap("CHLD") { seen << $?&.pid }
      result = HeapDump.dump(ARGV[0])
      raise "a child was waited for" if Process.wait rescue seen << $!.class
      p seen, result.processes
    RUBY
    assert_equal "[Errno::ECHILD]\n", Child.ruby!(code, path).out.lines.first
  end

  def test_other_threads_go_on_while_it_is_written
    code = <<~'RUBY'
      require "heapdump"
      kept = Array.new(300_000) { |i| [i.to_s] }
      ticks = 0
      Thread.new { loop { ticks += 1; sleep 0.001 } }
      pending = HeapDump.dump_async(ARGV[0])
      before = ticks
      pending.wait
      p ticks - before, pending.result.pause
    RUBY
    ticks, pause = Child.ruby!(code, path).out.lines.map(&:to_f)
    assert_operator ticks, :>, 10
    assert_operator pause, :>, 0
    assert_whole Dump.load(path)
  end

  def test_one_at_a_time
    pending = HeapDump.dump_async(path, processes: 1)
    error = assert_raises(HeapDump::Error) { HeapDump.dump("#{path}.2") }
    assert_match(/already running/, error.message)
    assert_equal path, pending.result.path
    lines = File.foreach(path).count { |line| line.start_with?('{"address"') }
    assert_equal pending.result.objects, lines
  end

  def test_killed_at_any_time
    20.times do |i|
      pending = HeapDump.dump_async(path, gc: false, processes: 2)
      sleep(i * 0.003)
      begin
        Process.kill(:KILL, pending.pid)
      rescue Errno::ESRCH
        nil # it was faster
      end
      begin
        assert_equal path, pending.result.path
        File.unlink(path)
      rescue HeapDump::ChildDied => e
        assert_match(/#{path}.*killed/, e.message)
        drop_whole_dump if File.exist?(path) # killed between the renaming and the report
      end
      assert_empty Dir.children(scratch)
    end
  end

  def drop_whole_dump
    assert_whole Dump.load(path)
    File.unlink(path)
  end

  def test_cancelled
    pending = HeapDump.dump_async(path)
    pending.cancel
    assert_predicate pending, :done?
    assert_empty Dir.children(scratch) - ["heap.json"]
  end

  def test_to_a_pipe_that_is_read_here
    reader, writer = IO.pipe
    text = Thread.new { reader.read }
    result = HeapDump.dump(writer)
    writer.close
    assert_nil result.path
    assert_equal result.bytes, text.value.bytesize
  end

  def test_to_a_pipe_that_nobody_reads
    reader, writer = IO.pipe
    reader.close
    error = assert_raises(HeapDump::WriteError) { HeapDump.dump(writer) }
    assert_equal Errno::EPIPE::Errno, error.errno
  ensure
    writer.close
  end

  def test_a_full_disk
    code = <<~'RUBY'
      require "heapdump"
      Process.setrlimit(:FSIZE, 1 << 20)
      begin
        HeapDump.dump(ARGV[0])
      rescue HeapDump::WriteError => e
        puts e.errno == Errno::EFBIG::Errno, e.message.include?(ARGV[0])
      end
      puts Dir.children(File.dirname(ARGV[0])).size
    RUBY
    assert_equal "true\ntrue\n0\n", Child.ruby!(code, path).out
  end

  def test_a_stopped_worker_is_given_up
    code = <<~'RUBY'
      require "heapdump"
      kept = Array.new(1_000_000) { |i| [i.to_s] }
      pending = HeapDump.dump_async(ARGV[0], timeout: 1, processes: 1)
      workers = []
      workers = `ps -o pid= --ppid #{pending.pid}`.split.map(&:to_i) while workers.empty?
      Process.kill(:STOP, *workers)
      begin
        pending.result
      rescue HeapDump::WriteError => e
        puts e.message
      end
      puts Dir.children(File.dirname(ARGV[0])).size
    RUBY
    out = Child.ruby!(code, path).out
    assert_match(/longer than timeout: allows/, out)
    assert_equal "0", out.lines.last.chomp
  end

  def test_no_process_to_be_had
    code = <<~'RUBY'
      require "heapdump"
      Process::UID.change_privilege(65_534) if Process.uid.zero?
      Process.setrlimit(:NPROC, 1)
      result = HeapDump.dump(ARGV[0])
      puts result.processes
    RUBY
    File.chmod(0o777, scratch)
    outcome = Child.ruby!(code, path, flags: [])
    assert_match(/cannot fork.*dumping in process/, outcome.err)
    assert_equal "1\n", outcome.out
  end

  def test_options
    assert_match(/processes: must be a number from 1 to 16/,
                 assert_raises(ArgumentError) { HeapDump.dump(path, processes: 0) }.message)
    assert_match(/timeout: must be/,
                 assert_raises(ArgumentError) { HeapDump.dump(path, timeout: "long") }.message)
  end
end
