# frozen_string_literal: true

require "test_helper"
require "support/outside"

# The functions that a debugger calls, in processes that have loaded heapdump.
class TestGdb < HeapDumpTest
  EXTENSION = File.expand_path("../lib/heapdump/heapdump.so", __dir__)
  OK = 0
  IN_GC = 2
  NO_LOCK = 3
  BUSY = 4

  def path
    File.join(scratch, "heap.json")
  end

  # Calls made with and without the VM's lock, in a process of its own.
  CALLS = <<~'RUBY'
    require "heapdump"
    require "fiddle"
    module Space; class Kept; end; end
    KEPT = Array.new(3) { Space::Kept.new }
    library = Fiddle.dlopen(ARGV[0])
    functions = Hash.new do |hash, (name, locked)|
      result = name.end_with?("return") ? Fiddle::TYPE_VOIDP : Fiddle::TYPE_INT
      hash[[name, locked]] = Fiddle::Function.new(library[name], [Fiddle::TYPE_VOIDP] * 2, result,
                                                  need_gvl: locked)
    end
    call = ->(name, *rest, locked: true) { functions[[name, locked]].call(*rest, nil) }
  RUBY

  def run_calls(code, *arguments)
    skip "SKIPPED: no fiddle here" unless Child.ruby("require 'fiddle'").success?
    Child.ruby!("#{CALLS}\n#{code}", EXTENSION, *arguments)
  end

  def test_a_dump
    outcome = run_calls(<<~'RUBY', path)
      p call.("heapdump_dump", ARGV[1])
      sleep 0.01 until File.exist?(ARGV[1])
      p Process.pid, (Process.wait rescue $!.class)
      sleep 0.3
    RUBY
    status, pid, waited = outcome.out.lines.map(&:chomp)
    assert_equal [OK.to_s, "Errno::ECHILD"], [status, waited]
    dump = assert_whole(Dump.load(path))
    assert_equal pid.to_i, dump.header["pid"]
    assert_equal 3, dump.instances_of("Space::Kept").size
    assert_equal({ "allocated_objects" => 0, "gc_runs" => 0 },
                 dump.footer.slice("allocated_objects", "gc_runs"))
    assert_equal "heapdump: wrote #{path}: #{dump.size} objects, #{File.size(path)} bytes",
                 outcome.err[/.*bytes/]
  end

  def test_a_dump_that_fails
    outcome = run_calls(<<~'RUBY', "/nowhere/heap.json")
      p call.("heapdump_dump", ARGV[1])
      sleep 1
    RUBY
    assert_equal "#{OK}\n", outcome.out
    assert_match(%r{\Aheapdump: cannot dump the heap to /nowhere/heap.json: No such}, outcome.err)
  end

  def test_counts
    outcome = run_calls(<<~'RUBY')
      before = GC.stat(:total_allocated_objects)
      text = call.("heapdump_count_objects_return", "Space")
      puts text.to_s
      p call.("heapdump_count_objects_print", "Space")
      sleep 0.5
    RUBY
    returned, status = outcome.out.lines
    assert_equal "#{OK}\n", status
    [returned, outcome.err].each do |text|
      counts = JSON.parse(text)
      assert_equal %w[total_slots free_slots basic_types user_types], counts.keys
      assert_equal({ "Space::Kept" => 3 }, counts["user_types"])
      assert_operator counts["basic_types"]["T_STRING"], :>, 1000
    end
  end

  def test_without_the_lock
    outcome = run_calls(<<~'RUBY', path)
      p call.("heapdump_dump", ARGV[1], locked: false)
      p call.("heapdump_count_objects_print", nil, locked: false)
      p call.("heapdump_count_objects_return", nil, locked: false).null?
    RUBY
    assert_equal "#{NO_LOCK}\n#{NO_LOCK}\ntrue\n", outcome.out
    assert_equal ["heapdump: this thread does not hold the VM's lock; " \
                  "choose another, or try again\n"] * 3, outcome.err.lines
    assert_empty Dir.children(scratch)
  end

  # What a user of gdb does by hand. Returns the number that it prints last. No literal may be given
  # to a function: gdb would call the process's malloc for it.
  def call_in_gdb(code, *commands)
    reason = Outside.unable
    skip "SKIPPED: #{reason}" if reason
    err = File.join(scratch, "stderr")
    code = "require 'heapdump'; #{code}"
    Outside.with_process(code, "-I", Child::LOAD_PATHS.first, err: err, chdir: scratch) do |pid|
      arguments = commands.flat_map { |command| ["-ex", command] }
      outcome = Child.run({ "DEBUGINFOD_URLS" => "" }, "gdb", "-nx", "-batch", "-p", pid.to_s,
                          *arguments, timeout: 60)
      number = outcome.out[/.*^\$\d+ = (\d+)/m, 1] or flunk outcome.to_s
      assert Outside.runs?(pid), "the process lives"
      yield number.to_i, -> { File.read(err) }
    end
  end

  DUMP = "print (int) heapdump_dump(0)"

  # Wherever it was stopped: it was dumped, or refused.
  def test_from_gdb
    call_in_gdb("loop { 'x' * 10 }", DUMP) do |status, err|
      assert_includes [OK, IN_GC, BUSY], status
      wait_until("it tells") { err.call.end_with?("\n") }
      next refute_path_exists(File.join(scratch, "dump.json")) unless status == OK

      assert_match(/\Aheapdump: wrote dump.json/, err.call)
      assert_whole Dump.load(File.join(scratch, "dump.json"))
    end
  end

  def test_in_the_middle_of_gc
    code = "loop { GC.start }"
    call_in_gdb(code, "break rb_gc_mark", "continue", DUMP, "delete") do |status, err|
      assert_equal IN_GC, status
      assert_equal "heapdump: the GC is running; let the process go on and try again\n", err.call
    end
  end

  def test_in_the_middle_of_malloc
    # above 32 MiB malloc always maps memory; with one thread it would need no lock
    code = "Thread.new { sleep }; loop { 'x' * 40_000_000 }"
    call_in_gdb(code, "break mmap", "continue", DUMP, "delete") do |status, err|
      assert_equal BUSY, status
      assert_equal "heapdump: this thread is inside of malloc or fork; " \
                   "let the process go on and try again\n", err.call
    end
  end
end
