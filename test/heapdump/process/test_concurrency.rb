# frozen_string_literal: true

require "test_helper"

# Other threads, signals, fibers, Ractors, and a dump while there is a dump.
class TestConcurrency < HeapDumpTest
  # The first dump cannot go on, because nobody reads from its pipe.
  def test_a_dump_during_a_dump
    reader, writer = IO.pipe
    first = Thread.new { HeapDump.dump(writer) }
    first.report_on_exception = false
    begun = reader.readpartial(10)
    path = File.join(scratch, "second.json")
    error = assert_raises(HeapDump::Error) { HeapDump.dump(path) }
    assert_match(/dump/, error.message)
    assert_empty Dir.children(scratch)
    rest = Thread.new { reader.read }
    result = first.value
    writer.close
    assert_equal result.bytes, begun.bytesize + rest.value.bytesize
    assert_operator HeapDump.dump(path).objects, :>, 1000
  end

  def test_twenty_threads_at_work
    path = File.join(scratch, "busy.json")
    code = <<~'RUBY'
      require "heapdump"
      $stop = false
      threads = Array.new(20) do |i|
        Thread.new do
          table = {}
          until $stop
            table[rand(1000)] = ["x" * rand(100), Object.new, rand(100)]
            table.shift if table.size > 500
            Thread.pass if i.even?
          end
        end
      end
      5.times { |n| HeapDump.dump("#{ARGV[0]}.#{n}", gc: n.even?) }
      $stop = true
      threads.each(&:join)
    RUBY
    Child.ruby!(code, path)
    sizes = Array.new(5) { |n| Dump.skim("#{path}.#{n}").size }
    # None of them may get a turn after the GC and before the walk.
    assert_operator sizes.values_at(0, 2, 4).max, :<, 80_000, "garbage after a GC: #{sizes}"
    2.times do |n|
      dump = assert_whole Dump.load("#{path}.#{n}")
      assert_equal [0, 0], dump.footer.values_at("allocated_objects", "gc_runs")
      assert_operator dump.select("DATA", struct: "VM/thread").size, :>=, 21
      assert_no_dangling dump
    end
  end

  def test_signals_arrive_afterwards
    path = File.join(scratch, "signals.json")
    outcome = Child.ruby!(<<~'RUBY', path)
      require "heapdump"
      KEPT = Array.new(200_000) { |i| "kept #{i}" }
      received = 0
      trap("USR1") { received += 1 }
      parent = Process.pid
      sender = fork { 200.times { Process.kill(:USR1, parent); sleep 0.002 } }
      before = received
      dumps = 3.times.map { HeapDump.dump(ARGV[0]).objects }
      Process.wait(sender)
      Thread.pass until received.positive?
      puts(dumps.all? { |n| n > 200_000 }, received > before)
    RUBY
    assert_equal "true\ntrue\n", outcome.out
    assert_whole Dump.skim(path)
  end

  def test_signals_while_writing_to_a_pipe
    outcome = Child.ruby!(<<~'RUBY')
      require "heapdump"
      KEPT = Array.new(100_000) { |i| "kept #{i}" }
      trap("USR1") {}
      reader, writer = IO.pipe
      parent = Process.pid
      sender = fork { 300.times { Process.kill(:USR1, parent); sleep 0.001 } }
      thread = Thread.new { reader.read.bytesize }
      result = HeapDump.dump(writer)
      writer.close
      Process.wait(sender)
      puts(thread.value == result.bytes)
    RUBY
    assert_equal "true\n", outcome.out
  end

  def test_inside_a_fiber
    path = File.join(scratch, "fiber.json")
    Child.ruby!(<<~'RUBY', path)
      require "heapdump"
      outside = "outside"
      inner = Fiber.new do
        inside = ["local of", "the fiber"].join(" ")
        HeapDump.dump(ARGV[0])
        inside
      end
      outside = inner.resume
    RUBY
    dump = assert_whole Dump.load(path)
    frames = dump.each_object("\"frames\"").flat_map { |line| line["frames"].to_a }
    held = frames.filter_map { |frame| frame.dig("locals", "inside") }.uniq
    assert_equal ["local of the fiber"], held.map { |address| dump[address]["value"] }
    assert_no_dangling dump
  end

  def test_inside_a_trap
    path = File.join(scratch, "trap.json")
    Child.ruby!(<<~'RUBY', path)
      require "heapdump"
      done = false
      trap("USR2") { HeapDump.dump(ARGV[0]); done = true }
      Process.kill(:USR2, Process.pid)
      Thread.pass until done
    RUBY
    assert_whole Dump.load(path)
  end

  def test_at_exit
    path = File.join(scratch, "exit.json")
    Child.ruby!(<<~'RUBY', path)
      require "heapdump"
      at_exit { HeapDump.dump(ARGV[0]) }
    RUBY
    assert_whole Dump.load(path)
  end

  def test_from_a_ractor
    skip "no Ractor here" unless defined?(Ractor)
    path = File.join(scratch, "ractor.json")
    outcome = Child.ruby!(<<~'RUBY', path)
      require "heapdump"
      answer = Ractor.new(ARGV[0]) do |path|
        HeapDump.dump(path)
        "dumped"
      rescue StandardError => e
        [e.class.name, e.message]
      end
      p(answer.respond_to?(:value) ? answer.value : answer.take)
      p Dir.children(File.dirname(ARGV[0]))
      p HeapDump.dump(ARGV[0]).objects > 1000
    RUBY
    answer, left, works = outcome.out.lines(chomp: true)
    assert_match(/\A\["HeapDump::Error", ".*main Ractor only/, answer)
    assert_equal ["[]", "true"], [left, works]
    assert_whole Dump.load(path)
  end

  def test_while_a_ractor_is_alive
    skip "no Ractor here" unless defined?(Ractor)
    path = File.join(scratch, "ractors.json")
    Child.ruby!(<<~'RUBY', path)
      require "heapdump"
      waiting = Ractor.new { Ractor.receive }
      HeapDump.dump(ARGV[0])
      waiting.send(:go_on)
    RUBY
    assert_equal 2, assert_whole(Dump.load(path)).header["ractors"]
  end

  # They hold locks and are in the middle of things when the process is forked.
  # What another Ractor is about to change can end a process of the dump. That is told, with the
  # advice to try again, and rare.
  def test_while_ractors_allocate
    skip "no Ractor here" unless defined?(Ractor)
    path = File.join(scratch, "ractors.json")
    outcome = Child.ruby!(<<~'RUBY', path, timeout: 120)
      require "heapdump"
      2.times do
        Ractor.new do
          loop do
            table = {}
            100.times { |i| table["key #{i}"] = [i, i.to_s, Object.new] }
          end
        end
      end
      failed = 0
      9.times do |i|
        HeapDump.dump("#{ARGV[0]}.#{i}", gc: i.even?, timeout: 60)
      rescue HeapDump::WriteError => e
        raise unless e.message.match?(/another Ractor was about to change; try again/) && failed < 2

        failed += 1
        retry
      end
      $stdout.write("dumped")
      $stdout.flush
      exit!(0)
    RUBY
    assert_equal "dumped", outcome.out
    9.times do |i|
      dump = Dump.new("#{path}.#{i}", strict: i.zero?)
      dump.read
      assert_whole dump
      assert_nil dump.footer["errors"], "objects that could not be read"
      assert_equal 3, dump.header["ractors"]
    end
  end

  def test_in_a_forked_child
    path = File.join(scratch, "forked.json")
    outcome = Child.ruby!(<<~'RUBY', path)
      require "heapdump"
      HeapDump.dump("#{ARGV[0]}.parent")
      child = fork { HeapDump.dump(ARGV[0]) }
      Process.wait(child)
      puts(child)
    RUBY
    assert_equal outcome.out.to_i, assert_whole(Dump.load(path)).header["pid"]
  end

  private

  def assert_no_dangling(dump)
    assert_none dump.dangling, "references without an object"
  end
end
