# frozen_string_literal: true

require "test_helper"
require "support/watch_program"
require "support/watching"

# How a watch ends, or gives way to another one.
class TestWatchEnds < HeapDumpTest
  include WatchProgram
  include Watching

  # Also where the old one is still there as an object.
  def test_a_dump_under_way_does_not_keep_the_lock
    %i[stop close].each do |how|
      first = engine { |on| on.rule(:now) { true } }
      look(first)
      first.public_send(how)
      look(engine { |on| on.rule(:now) { true } })
      assert_equal 2, begun.size, how
      begun.clear
      FileUtils.rm_rf(heaps)
    end
  end

  # A full disk is no reason to leave a bus or a file open.
  def test_rules_end_although_the_notes_cannot_be_written
    %i[stop close].each do |how|
      ended = 0
      rule = Class.new do
        define_method(:close) { ended += 1 }
        define_method(:bell) { nil }
      end.new
      one = engine { |on| on.rule(:never) { false } }
      one.instance_variable_get(:@rules) << rule
      one.instance_variable_get(:@note).stub(:close, ->(*) { raise Errno::ENOSPC }) do
        one.public_send(how)
      end
      assert_equal 1, ended, how
      assert_match(/the end could not be noted: No space left/, log.lines.last)
    end
  end

  # What a hook does is left to it.
  def test_a_hook_while_the_watch_ends
    %w[close stop].each do |how|
      out = run_child(<<~RUBY).out
        mine = watch do |on|
          on.exit grace: 60
          on.rule(:now) { true }
          on.dump do
            $begun = true
            wait_until("the end") { HeapDump::Watch.current.nil? }
            sleep 0.05
            print "uploaded"
          end
        end
        wait_until("a hook") { $begun }
        mine.#{how}
        print " ended"
      RUBY
      assert_equal "uploaded ended", out
    end
  end

  # The time that a hook has had is gone for the last dump.
  def test_the_grace_is_that_of_all
    out = run_child(<<~'RUBY').out
      mine = watch do |on|
        on.exit grace: 0.05
        on.rule(:busy) { $begun = true; sleep }
      end
      HeapDump::Watch::Engine.define_method(:close) { |left| p left }
      wait_until("a look") { $begun }
      mine.close
    RUBY
    assert_equal "0\n", out
  end

  # A look that hangs where it cannot be ended: the end does not wait for it for ever.
  def test_a_look_that_hangs
    out = run_child(<<~'RUBY').out
      { PATIENCE: 0.01, HANGS: 0.05 }.each do |name, seconds|
        HeapDump::Watch.send(:remove_const, name)
        HeapDump::Watch.const_set(name, seconds)
      end
      go_on = Queue.new
      mine = watch { |on| on.rule(:hangs) { Thread.handle_interrupt(Object => :never) { go_on.pop } } }
      wait_until("a look") { go_on.num_waiting == 1 }
      mine.close
      p go_on.num_waiting, HeapDump::Watch.current
      go_on << true
    RUBY
    assert_equal "1\nnil\n", out
  end

  # Of several at once one remains.
  def test_many_calls_at_once
    out = run_child(<<~'RUBY').out
      HeapDump::Watch.prepend(Module.new { def stop = (sleep 0.02) && super })
      watch
      Array.new(6) { Thread.new { watch(dry: true) } }.each(&:join)
      p Thread.list.count { |thread| thread.name == "heapdump watch" }, HeapDump::Watch.current.running?
    RUBY
    assert_equal "1\ntrue\n", out
  end

  # A handler of a signal cannot wait for others.
  def test_a_call_in_a_handler
    out = run_child(<<~'RUBY').out
      first = watch
      trap(:USR1) { $second = watch(dry: true) }
      Process.kill(:USR1, Process.pid)
      wait_until("the handler") { $second }
      p first.running?, $second.running?
    RUBY
    assert_equal "false\ntrue\n", out
  end

  def test_current_starts_nothing
    out = run_child("p HeapDump::Watch.current; watch.stop; p HeapDump::Watch.current&.stats").out
    assert_equal "nil\nnil\n", out
  end
end
