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

# Once more while threads change the heap: whatever they are in the middle of, the dump is that of
# one moment.
class TestLawsUnderMutation < HeapDumpTest
  include Laws

  # Other processes walk. What changes in the one between the two looks is what starts the dump.
  undef_method :test_law_4_the_walk_writes_nothing

  CODE = <<~'RUBY'
    require "json"
    require "support/nasty_heap"
    require "support/mutation"
    require "heapdump"
    Oracle.require_extension
    NastyHeap.build(giants: false)
    Mutation.start
    Mutation.run(ARGV[0], **JSON.parse(ARGV[1], symbolize_names: true).fetch(:dump))
    File.write(File.join(ARGV[0], "manifest.json"), NastyHeap.manifest)
    exit!(0)
  RUBY

  def flags
    ["-W0"]
  end

  def dumped
    @@dumped ||= {}
    @@dumped[flags] ||= Dumps.make("mutating", { dump: { processes: 3 } }, code: CODE, flags: flags)
  end
end

# With code compiled at run time.
class TestLawsUnderMutationWithYJIT < TestLawsUnderMutation
  def setup
    super
    skip "no YJIT here" unless Child.yjit?
  end

  def flags
    ["-W0", "--yjit", "--yjit-call-threshold=2"]
  end
end

# What forked dumps do to the process, and what becomes of them when something goes wrong.
class TestFork < HeapDumpTest
  def path
    File.join(scratch, "heap.json")
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
    assert_whole Dump.skim(path)
  end

  # Another thread, that wants to run all the time, cannot within the pause; and there is not much
  # else in which it cannot.
  def test_the_pause_is_what_other_threads_see
    code = <<~'RUBY'
      require "heapdump"
      clock = -> { Process.clock_gettime(Process::CLOCK_MONOTONIC) }
      kept = Array.new(300_000) { |i| [i.to_s] }
      gap = ticks = 0
      Thread.new do
        last = clock.call
        loop do
          time = clock.call
          gap = [gap, time - last].max
          last = time
          ticks += 1
          Thread.pass
        end
      end
      Thread.pass until ticks > 1 # a thread that has not begun sees nothing
      excess = Array.new(10) do
        gap = 0
        result = HeapDump.dump(ARGV[0], gc: false)
        seen = ticks
        Thread.pass until ticks > seen + 1
        gap - result.pause - result.gc_seconds
      end
      p excess.min
    RUBY
    least = Child.ruby!(code, path, timeout: 120).out.to_f
    assert_operator least, :>=, 0, "seconds of a pause in which a thread ran"
    assert_operator least, :<, 0.2, "seconds in which no thread ran, but that no figure tells"
  end

  def test_one_at_a_time
    pending = HeapDump.dump_async(path, processes: 1)
    error = assert_raises(HeapDump::Busy) { HeapDump.dump("#{path}.2") }
    assert_kind_of HeapDump::Error, error
    assert_match(/already running/, error.message)
    assert_equal path, pending.result.path
    lines = File.foreach(path).count { |line| line.start_with?('{"address"') }
    assert_equal pending.result.objects, lines
  end

  # In the middle of it, and when it is over.
  def test_cancelled
    out = Child.ruby!(<<~'RUBY', path).out
      require "support/faults"
      Faults.begin(ARGV[0])
      pending = Faults.dump_async
      all = []
      Faults.midway(pending) do |processes|
        all = processes
        pending.cancel
        p pending.done?, Dir.children(File.dirname(ARGV[0]))
      end
      Faults.wait("all processes gone") { all.all? { |pid| Faults.gone?(pid) } }
      puts Faults.outcome(pending)
      pending = Faults.dump_async
      pending.wait
      pending.cancel
      puts Faults.outcome(pending)
    RUBY
    done, left, first, second = out.lines(chomp: true)
    assert_equal ["true", "[]", "whole"], [done, left, second]
    assert_match(/\AHeapDump::ChildDied: .*#{path}: its process was killed\z/, first)
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

  def test_no_process_to_be_had
    code = <<~'RUBY'
      require "heapdump"
      Process::UID.change_privilege(65_534) if Process.uid.zero?
      Process.setrlimit(:NPROC, 1)
      [-> { HeapDump.dump(ARGV[0]) }, -> { HeapDump.dump_async(ARGV[0]) }].each do |call|
        call.call
      rescue HeapDump::Error => e
        puts e.class, e.message, Dir.children(File.dirname(ARGV[0])).size
      end
      puts HeapDump.dump(ARGV[0], fork: :prefer).processes
      puts HeapDump.dump(StringIO.new, fork: :prefer, gc: false).processes
    RUBY
    File.chmod(0o777, scratch)
    outcome = Child.ruby!(code, path, flags: ["-rstringio"])
    refused = ["HeapDump::Error", /\Acannot fork \(Resource.*fork: :prefer/, "0"] * 2
    told = outcome.out.lines(chomp: true)
    refused.zip(told).each { |wanted, got| assert_operator wanted, :===, got }
    assert_equal %w[1 1], told.drop(6)
    assert_equal 2, outcome.err.scan(/cannot fork \(.*\); dumping in process \d+ itself/).size
    assert_whole Dump.skim(path)
  end

  # What holds up the application it has to ask for.
  def test_dump_async_is_never_in_process
    [false, nil, :prefer, :only].each do |fork|
      error = assert_raises(ArgumentError) { HeapDump.dump_async(path, fork: fork) }
      assert_match(/fork: must be true here/, error.message)
    end
    error = assert_raises(ArgumentError) { HeapDump.dump(path, fork: :only) }
    assert_match(/fork: must be true or false, or :prefer/, error.message)
    assert_empty Dir.children(scratch)
    assert_equal path, HeapDump.dump_async(path, fork: true).result.path
  end

  def test_options
    assert_match(/processes: must be a number from 1 to 16/,
                 assert_raises(ArgumentError) { HeapDump.dump(path, processes: 0) }.message)
    assert_match(/timeout: must be/,
                 assert_raises(ArgumentError) { HeapDump.dump(path, timeout: "long") }.message)
  end
end
