# frozen_string_literal: true

require "test_helper"
require "support/child"
require "timeout"
require "heapdump/watch/engine"
require "heapdump/watch/rest"

# What wakes the thread of a watch between two looks.
class TestRest < HeapDumpTest
  # As an Engine that would look again in a minute.
  Engine = Struct.new(:events, :bells) do
    def pause
      60
    end

    def glance?
      false
    end
  end

  def woken_by(events)
    reader, writer = IO.pipe
    writer.write(".")
    Timeout.timeout(20) { HeapDump::Watch::Rest.new(Engine.new(events, [reader])).call }
  ensure
    [reader, writer].each(&:close)
  end

  def test_somebody_who_asks
    assert_silent { woken_by(nil) }
    File.open(__FILE__) { |file| assert_silent { woken_by(file) } }
  end

  # /proc/self/mounts tells of changes in the same way as memory.events of a control group.
  def test_what_the_kernel_tells
    unshare = %w[unshare --mount]
    skip "SKIPPED: no mounts of its own" unless system(*unshare, "true", %i[out err] => File::NULL)
    started = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    command = [*unshare, *Child::RUBY, "-I#{Child::ROOT}/lib", "-e"]
    outcome = Child.run({}, *command, <<~RUBY, timeout: 60)
      require "heapdump"
      require "heapdump/watch/engine"
      require "heapdump/watch/rest"
      engine = Struct.new(:events, :bells, :pause, :glance?)
      mounts = File.open("/proc/self/mounts").tap(&:read)
      Thread.new { sleep 0.3; system("mount", "-t", "tmpfs", "none", "/mnt") }
      HeapDump::Watch::Rest.new(engine.new(mounts, [], 50, false)).call
      puts "woken"
    RUBY
    assert_equal "woken\n", outcome.out, outcome.to_s
    assert_operator Process.clock_gettime(Process::CLOCK_MONOTONIC) - started, :<, 45
  end

  # Somebody has closed the file, as a program that becomes a daemon. It sleeps until the next look.
  def test_a_file_that_is_closed
    file = File.open(__FILE__).tap(&:close)
    slept = []
    rest = HeapDump::Watch::Rest.new(Engine.new(file, []))
    rest.define_singleton_method(:sleep) { |seconds| slept << seconds }
    rest.call
    assert_in_delta 60, slept.first, 50
  end
end
