# frozen_string_literal: true

require "test_helper"

# HeapDump::Pending, and what is decided when a dump begins: paths, times, whose dump it is.
class TestPending < HeapDumpTest
  def path
    File.join(scratch, "heap.json")
  end

  # Both ask; the one that has begun the dump gets the answer.
  def test_a_copy_of_the_process_gets_no_answer_and_takes_none
    out = Child.ruby!(<<~'RUBY', path).out.lines(chomp: true)
      require "heapdump"
      kept = Array.new(100_000) { |i| i.to_s }
      pending = HeapDump.dump_async(ARGV[0])
      $stdout.sync = true
      Process.wait(fork do
        [-> { pending.result }, -> { pending.wait }, -> { pending.done? }, -> { pending.cancel }]
          .each { |ask| ask.call } rescue puts($!.class, $!.message.gsub(/\d+/, "N"))
        puts HeapDump.dump("#{ARGV[0]}.copy", gc: false).objects > 100_000 # it may have its own
        exit!(0)
      end)
      p pending.result.bytes == File.size(ARGV[0])
    RUBY
    told = "process N has begun this heap dump, and it alone can wait for it or cancel it; " \
           "process N is a copy of it"
    assert_equal ["HeapDump::Error", told, "true", "true"], out
    assert_whole Dump.skim(path)
  end

  # As where a server forks a worker in a handler while it dumps, and the worker ends with `exit`.
  def test_a_copy_that_ends_does_not_cancel
    out = Child.ruby!(<<~'RUBY', path).out
      require "heapdump"
      kept = Array.new(200_000) { |i| i.to_s }
      trap("USR1") { exit(3) if fork.nil? }
      Thread.new { 5.times { sleep 0.1; Process.kill(:USR1, $$) } }
      5.times { HeapDump.dump(ARGV[0]) }
      puts "whole", Process.waitall.map { |_, status| status.exitstatus }.uniq
    RUBY
    assert_equal "whole\n3\n", out
    assert_whole Dump.skim(path)
  end

  def test_a_relative_path_is_of_the_moment_of_the_call
    out = Child.ruby!(<<~'RUBY', scratch).out.lines(chomp: true)
      require "heapdump"
      kept = Array.new(200_000) { |i| i.to_s }
      Dir.chdir(ARGV[0])
      Dir.mkdir("elsewhere")
      pending = HeapDump.dump_async("cancelled.json")
      Dir.chdir("elsewhere")
      File.write("cancelled.json.partial-#{$$}", "somebody's")
      pending.cancel
      puts File.read("cancelled.json.partial-#{$$}"), Dir["../cancelled*"].inspect
      File.unlink("cancelled.json.partial-#{$$}")
      pending = HeapDump.dump_async("later.json")
      Dir.chdir("/")
      puts pending.result.path, File.size(pending.result) == pending.result.bytes
      Dir.chdir("#{ARGV[0]}/elsewhere")
      result = HeapDump.dump("~.json", gc: false)
      Dir.chdir("/")
      puts result.path, File.exist?(result)
    RUBY
    here = File.realpath(scratch)
    assert_equal ["somebody's", "[]", "#{here}/elsewhere/later.json", "true",
                  "#{here}/elsewhere/~.json", "true"], out
  end

  def test_a_working_directory_that_is_gone
    gone = File.join(scratch, "gone")
    Dir.mkdir(gone)
    out = Child.ruby!(<<~'RUBY', gone).out
      require "heapdump"
      Dir.chdir(ARGV[0])
      Dir.rmdir(ARGV[0])
      HeapDump.dump("heap.json") rescue puts $!.class, $!.message
    RUBY
    assert_match(/\AHeapDump::WriteError\ncannot dump the heap to heap.json: no file can be made /,
                 out)
  end

  # What Kernel#sleep takes.
  def test_times
    duration = Class.new do
      def divmod(other) = 60.divmod(other)
      def to_f = 60.0
    end.new
    [60, 60.5, Rational(121, 2), duration, nil, Float::INFINITY, 10**9].each do |time|
      pending = HeapDump.dump_async(path, gc: false, timeout: time)
      assert_same pending, pending.wait(time)
      assert_equal path, pending.result.path
    end
    [-1, -0.5, Float::NAN, "60", Complex(1, 1), true, [], Object.new].each do |time|
      error = assert_raises(ArgumentError, time.inspect) { HeapDump.dump(path, timeout: time) }
      assert_match(/timeout: must be/, error.message)
      pending = HeapDump.dump_async(path, gc: false)
      error = assert_raises(ArgumentError, time.inspect) { pending.wait(time) }
      assert_match(/timeout must be a number of seconds or nil, not/, error.message)
      pending.cancel
    end
    assert_raises(ArgumentError) { HeapDump.dump(path, timeout: 0) }
    assert_raises(ArgumentError) { HeapDump.on_signal("USR2", path: path, timeout: "60") }
  end

  # In process the dump is there at once; what takes too long is handing it on.
  def test_nobody_reads_what_was_dumped_in_process
    reader, writer = IO.pipe
    start = now
    error = assert_raises(HeapDump::WriteError) do
      HeapDump.dump(writer, fork: false, gc: false, timeout: 0.5)
    end
    assert_match(/longer than timeout: allows \(while waiting for whoever reads/, error.message)
    assert_includes 0.5..30, now - start
  ensure
    [reader, writer].each(&:close)
  end

  # As the body of a response whose client has gone: nobody resumes it.
  def test_a_fiber_that_copied_is_gone
    [true, false].each do |fork|
      sink = Object.new
      def sink.write(_) = Fiber.yield
      Fiber.new { HeapDump.dump(sink, gc: false, fork: fork, timeout: 1) }.resume
      assert_raises(HeapDump::Busy) { HeapDump.dump(path, gc: false) }
      dumped = nil
      100.times do
        dumped = HeapDump.dump(path, gc: false)
        break
      rescue HeapDump::Busy
        sleep 0.1
      end
      refute_nil dumped, "fork: #{fork}"
    end
  end

  def test_it_says_in_a_line_what_it_is
    pending = HeapDump.dump_async(path, gc: false)
    assert_match(/\A#<HeapDump::Pending #{path}: (?:under way|done)>\z/, pending.inspect)
    copy = fork { exit!(pending.inspect.end_with?(": of process #{Process.ppid}>")) }
    assert_predicate Process.wait2(copy).last, :success?
    pending.result
    assert_equal "#<HeapDump::Pending #{path}: done>", pending.inspect
  end

  def test_a_timeout_below_a_second
    reader, writer = IO.pipe
    start = now
    error = assert_raises(HeapDump::WriteError) { HeapDump.dump(writer, timeout: Rational(1, 2)) }
    assert_match(/longer than timeout/, error.message)
    assert_includes 0.5..30, now - start
  ensure
    [reader, writer].each(&:close)
  end

  # Whoever of them reads the report, all of them know how it ended.
  def test_many_threads_wait_for_one
    10.times do
      pending = HeapDump.dump_async(path, gc: false)
      threads = Array.new(8) do |i|
        Thread.new do
          Thread.pass until i.even? || pending.done?
          pending.result.bytes
        end
      end
      assert_equal [File.size(path)], threads.map(&:value).uniq if threads.each(&:join)
    end
  end

  # Half of them with a time, which ends for some before the dump does.
  def test_two_hundred_threads_wait_for_one
    pending = HeapDump.dump_async(path, gc: false)
    threads = Array.new(200) do |i|
      Thread.new do
        pending.wait(i / 10_000.0) if i.odd?
        pending.result
      end
    end
    results = threads.map { |thread| thread.join(60)&.value }
    assert_equal [pending.result], results.uniq(&:object_id)
    assert_equal File.size(path), pending.result.bytes
  ensure
    threads.each(&:kill)
  end

  # It may come at any moment while somebody is on his way to wait for it.
  def test_a_report_that_comes_between_two_looks
    pending = HeapDump.dump_async(path, gc: false)
    looks = 0
    pending.define_singleton_method(:open_report) do
      sleep 0.01 until reported? || (looks += 1) > 3000
      super()
    end
    assert_same pending, pending.wait(60)
    assert_equal File.size(path), pending.result.bytes
  end

  # An IO that another thread closes, and whose number another file has then, is not written to.
  def test_a_descriptor_that_is_taken_over_by_others
    out = Child.ruby!(<<~'RUBY', path).out.lines(chomp: true)
      require "heapdump"
      kept = Array.new(300_000) { |i| [i] }
      io = File.open("#{ARGV[0]}.io", "w")
      number = io.fileno
      thread = Thread.new { HeapDump.dump(io) }
      Thread.pass until HeapDump.dump(ARGV[0]) rescue HeapDump::Busy === $! or retry
      io.close
      other = File.open("#{ARGV[0]}.other", "w")
      puts other.fileno == number
      thread.value rescue p $!
      puts File.size("#{ARGV[0]}.other")
    RUBY
    assert_equal %w[true 0], [out.first, out.last]
  end

  # The kernel gives process 1 the coordinator as it gives it every orphan.
  def test_process_1_keeps_no_zombie
    skip "only root may" unless Process.uid.zero?
    works = system("unshare", "--fork", "--pid", "--mount-proc", "true", err: File::NULL)
    skip "no process can be process 1 here" unless works

    code = <<~'RUBY'
      require "heapdump"
      raise unless Process.pid == 1
      system("true")
      kept = $?.inspect
      5.times { |i| HeapDump.dump(ARGV[0], gc: false) }
      HeapDump.dump_async(ARGV[0], gc: false) # for which nobody waits
      HeapDump.on_signal(path: "#{ARGV[0]}.signal")
      deadline = Process.clock_gettime(Process::CLOCK_MONOTONIC) + 20
      states = nil
      until Process.clock_gettime(Process::CLOCK_MONOTONIC) > deadline
        states = Dir["/proc/[0-9]*/stat"].map { |f| File.read(f)[/\(.*\) ./] rescue nil }.compact
        break if states.size == 1
        sleep 0.02
      end
      puts states.size, Thread.list.size, $?.inspect == kept
    RUBY
    outcome = Child.run({}, *%w[unshare --fork --pid --mount-proc], RbConfig.ruby, "-W0",
                        "-I#{Child::ROOT}/lib", "-e", code, path, timeout: 60)
    assert_equal "1\n1\ntrue\n", outcome.out, outcome.to_s
  end
end
