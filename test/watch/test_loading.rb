# frozen_string_literal: true

require "test_helper"
require "support/watch_program"

# Forks while the thread of a watch loads libraries.
class TestWatchLoading < HeapDumpTest
  include WatchProgram

  # A thread loads, and goes on when somebody waits for it to fork.
  LOAD = <<~'RUBY'
    LOCK = HeapDump::Watch::Loading.const_get(:LOCK)
    def LOCK.try_lock = super.tap { |taken| $waits = true unless taken }
    module Slow
      def require(name)
        $loading = true if name == "json"
        wait_until("somebody who forks") { $waits } if $loading && name.start_with?("json/")
        super.tap { $loading = false if name == "json" }
      end
    end
    Kernel.prepend(Slow)
    HeapDump::Watch::Options.define_method(:every) { 0.05 }
    HeapDump::Watch.run({ to: "#{DIR}/heaps" }, nil, wait: 0.01)
    wait_until("the libraries") { $loading }
  RUBY

  # In the child both the watch and the application have JSON.
  def test_fork_while_libraries_are_loaded
    out = run_child(LOAD + <<~'RUBY').out
      pid = fork do
        exit!(1) if $loading
        require "json"
        print JSON.generate([1])
        wait_until("a look") { stats[:looks] > 0 }
      end
      Process.wait(pid)
      raise $?.inspect unless $?.success?
    RUBY
    assert_equal "[1]", out
  end

  def test_fork_in_a_handler_while_libraries_are_loaded
    run_child(LOAD + <<~'RUBY')
      trap(:USR1) { $pid = fork { exit!($loading ? 1 : 0) } }
      Process.kill(:USR1, Process.pid)
      wait_until("the handler") { $pid }
      Process.wait($pid)
      raise $?.inspect unless $?.success?
    RUBY
  end

  # What a bus needs is loaded later.
  def test_fork_while_the_library_of_a_bus_is_loaded
    code = LOAD.gsub('"json"', '"socket"').gsub('"json/"', '"socket.so"')
               .sub("heaps\" }", "heaps\", ask: \"socket:\#{DIR}\" }")
    assert_includes code, "socket:"
    out = run_child(code + <<~'RUBY').out
      pid = fork do
        exit!(1) if $loading
        require "socket"
        print Socket.name
      end
      Process.wait(pid)
      raise $?.inspect unless $?.success?
    RUBY
    assert_equal "Socket", out
  end

  # A Timeout may come at any moment, also just when the lock is taken.
  def test_an_exception_leaves_no_lock
    out = run_child(<<~'RUBY').out
      lock = HeapDump::Watch::Loading.const_get(:LOCK)
      def lock.try_lock = super && raise("time is up")
      begin
        HeapDump::Watch::Loading.alone { }
      rescue RuntimeError => e
        p e.message, lock.locked?
      end
    RUBY
    assert_equal "\"time is up\"\nfalse\n", out
  end

  # What everybody forks after the start.
  def test_a_usual_fork_touches_no_lock
    out = run_child(<<~'RUBY').out
      watch
      wait_until("a look") { stats[:looks] > 0 }
      lock = HeapDump::Watch::Loading.const_get(:LOCK)
      def lock.try_lock = abort("touched")
      Process.wait(fork { print "forked" })
    RUBY
    assert_equal "forked", out
  end

  # The application calls it where Bundler has decided, and nothing is loaded in a thread.
  def test_a_watch_that_looks_at_once_is_loaded_at_once
    out = run_child("HeapDump.watch(to: DIR); p HeapDump::Watch.autoload?(:Engine)").out
    assert_equal "nil\n", out
  end

  # Its workers have it from the master, also those that are forked when nothing can be loaded.
  def test_the_master_of_workers_loads_it
    out = run_child(<<~'RUBY').out
      $PROGRAM_NAME = "unicorn master -c unicorn.rb"
      HeapDump.watch(to: DIR, every: 1)
      p stats[:running], HeapDump::Watch.autoload?(:Engine)
      $LOAD_PATH.clear
      pid = fork do
        $PROGRAM_NAME = "unicorn worker[0] -c unicorn.rb"
        loaded = $LOADED_FEATURES.dup
        wait_until("a look") { stats[:looks] > 0 }
        p($LOADED_FEATURES - loaded)
      end
      Process.wait(pid)
    RUBY
    assert_equal "false\nnil\n[]\n", out
  end

  # What the environment asks for is older than what Bundler decides.
  def test_json_is_loaded_with_the_first_look
    out = run_child(<<~'RUBY').out.split
      HeapDump::Watch.run({ to: "#{DIR}/heaps" }, nil, wait: 1)
      puts $LOADED_FEATURES.grep(%r{/json}).size
      wait_until("a look") { stats[:looks] > 0 }
      puts $LOADED_FEATURES.grep(%r{/json}).size.positive?
    RUBY
    assert_equal %w[0 true], out
  end

  # Another Ractor cannot see who loads. It must be able to fork.
  def test_in_another_ractor
    out = run_child(<<~'RUBY').out
      one = Ractor.new { HeapDump::Watch::Loading.alone { 7 } }
      p one.respond_to?(:value) ? one.value : one.take
      watch
      one = Ractor.new { HeapDump::Watch::Loading.alone { 8 } }
      p one.respond_to?(:value) ? one.value : one.take
    RUBY
    assert_equal "7\n8\n", out
  end
end
