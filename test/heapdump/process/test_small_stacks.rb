# frozen_string_literal: true

require "test_helper"
require "support/accounts"
require "support/trigger_programs"

# Threads with stacks of 128 KiB, which is all that musl gives one by itself, and the least that MRI
# takes for its own.
class TestSmallStacks < HeapDumpTest
  include TriggerPrograms

  SIZE = 128 << 10
  THREADS = 40
  SMALL = { "RUBY_THREAD_MACHINE_STACK_SIZE" => SIZE.to_s,
            "RUBY_FIBER_MACHINE_STACK_SIZE" => SIZE.to_s }.freeze

  # Each level goes through C, which needs more of the stack than Ruby code does.
  DEEP = <<~'RUBY'
    def down(level, deepest, &bottom)
      $reached = level
      level < deepest ? [level].each { down(level + 1, deepest, &bottom) } : bottom.call
    end

    Thread.new do
      down(0, Float::INFINITY)
    rescue SystemStackError
      nil
    end.join
    LEVELS = $reached

    # One that has used so much of its stack by the time when it calls the block.
    def thread(share, &block)
      Thread.new do
        Thread.current.report_on_exception = false
        down(0, (LEVELS * share).to_i, &block)
      end
    end

    def fiber(share, &block)
      Thread.new do
        Thread.current.report_on_exception = false
        Fiber.new { down(0, (LEVELS * share).to_i, &block) }.resume
      end
    end
  RUBY

  def test_while_many_threads_are_deep
    run_small(<<~RUBY)
      HeapDump.on_signal(path: "\#{DIR}/signal.json")
      waiting = Queue.new
      #{THREADS}.times { |i| thread(0.6 + (0.01 * i)) { waiting << i; i.even? ? sleep : Queue.new.pop } }
      wait_until("all") { waiting.size == #{THREADS} }
      signal
      wait_until("a dump") { dumped == %w[signal.json] && idle? }
      HeapDump.dump("\#{DIR}/fork.json")
      HeapDump.dump("\#{DIR}/process.json", fork: false)
      puts LEVELS
    RUBY
    %w[signal fork process].each do |name|
      assert_deep(assert_whole(Dump.load("#{scratch}/#{name}.json")))
    end
  end

  # With what is left it may be impossible, and that is told; the program goes on.
  def test_by_a_thread_that_is_deep_itself
    out = run_small(<<~'RUBY').out
      coarse = [0.0, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 1.0]
      fine = (75..90).map { |hundredth| [hundredth / 100.0, true] } # where a fork comes to its end
      (coarse.product([true, false]) | fine).product(%i[thread fiber]).each do |(share, fork), kind|
        path = "#{DIR}/#{share}-#{fork}-#{kind}.json"
        send(kind, share) { puts HeapDump.dump(path, fork: fork).path }.join
      rescue SystemStackError, HeapDump::Error => e
        puts "#{e.class} #{e.message}"
      end
      puts HeapDump.dump("#{DIR}/last.json").path
    RUBY
    paths, errors = out.lines(chomp: true).partition { |line| line.start_with?("/") }
    assert_includes paths, "#{scratch}/0.0-true-thread.json"
    assert_includes paths, "#{scratch}/0.0-false-fiber.json"
    assert_equal "#{scratch}/last.json", paths.last
    assert_stack_is_named errors
    paths.each { |path| assert_whole Dump.skim(path) }
    assert_equal paths.sort, Dir.glob("#{scratch}/*").grep_v(/\.so\z/).sort
  end

  # A report clears what its block has left on the stack, as far as there is one.
  def test_reports_by_a_thread_that_is_deep_itself
    out = run_small(<<~'RUBY').out
      [0.0, 0.3, 0.5, 0.6, 0.7].product(%i[thread fiber]).each do |share, kind|
        send(kind, share) { puts HeapDump.report(retained: false) { Object.new }.to_s.size.positive? }.join
      rescue SystemStackError, HeapDump::Error
        puts "too deep"
      end
      GC.start
      puts HeapDump.dump("#{DIR}/last.json").path
    RUBY
    *results, path = out.lines(chomp: true)
    assert_equal %w[true true], results.first(2)
    assert_empty results - ["true", "too deep"]
    assert_whole Dump.skim(path)
  end

  # Those that the library starts have what the C library gives.
  def test_threads_of_its_own
    nested = 100_000
    out = run_small(<<~RUBY, env: { "LD_PRELOAD" => small_default }).out
      require "heapdump/snapshot"
      # by a thread whose stack is gone, where words of it would hold parts of the chain
      CHAIN = Thread.new { #{nested}.times.reduce([]) { |inner, _| [inner] } }.value
      %w[heap.json heap.json.gz heap.json.zst].each do |name|
        path = HeapDump.dump("\#{DIR}/\#{name}").path
        snapshot = HeapDump::Snapshot.open(path)
        puts snapshot.warnings.size, snapshot.top(limit: 1).first.retained_size > #{nested} * 40
      end
    RUBY
    assert_equal %w[0 true] * 3, out.split
  end

  private

  def run_small(code, env: {})
    run_child(DEEP + code, env: SMALL.merge(env), rlimit_stack: 8 << 20)
  end

  # With all that makes stacks larger: that of a thread, of a fiber, and of the main thread.
  def assert_stack_is_named(errors)
    refute_empty(errors.grep(/HeapDump::WriteError.*THREAD_MACHINE.*FIBER_MACHINE.*ulimit -s/))
    assert_empty(errors.grep_v(/too little of its stack left|stack level too deep/))
  end

  # What stacks of MRI's usual size would take is several times that.
  def assert_deep(dump)
    stacks = dump.header.fetch("memory").fetch("stacks")
    assert_operator stacks.fetch("threads"), :>, THREADS
    assert_operator stacks.fetch("native_reserved"), :<, (10 << 20) + (THREADS * 2 * SIZE)
    frames = dump.select("DATA", struct: "VM/thread").map { |line| line.fetch("frames", []).size }
    assert_operator frames.count { |count| count > 20 }, :>=, THREADS
  end

  # The path of a library that makes 128 KiB the size that the C library gives. It is musl's own.
  def small_default
    return if RUBY_PLATFORM.include?("musl")

    Accounts.compile(scratch, <<~C)
      #define _GNU_SOURCE
      #include <pthread.h>
      #include <stdlib.h>
      __attribute__((constructor)) static void make_small(void) {
          pthread_attr_t attributes;
          pthread_attr_init(&attributes);
          pthread_attr_setstacksize(&attributes, #{SIZE});
          if (pthread_setattr_default_np(&attributes) != 0) abort();
      }
    C
  end
end
