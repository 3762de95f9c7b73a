# frozen_string_literal: true

require "test_helper"
require "support/child"
require "timeout"
require "heapdump/watch/engine"
require "heapdump/watch/rest"

# What wakes the thread of a watch between two looks.
class TestRest < HeapDumpTest
  # As an Engine that would look again in a minute.
  Engine = Struct.new(:events_path, :bells) do
    def pause
      60
    end

    def glance?
      false
    end
  end

  def woken_by(events_path)
    reader, writer = IO.pipe
    writer.write(".")
    Timeout.timeout(20) { HeapDump::Watch::Rest.new(Engine.new(events_path, [reader])).call }
  ensure
    [reader, writer].each(&:close)
  end

  def test_somebody_who_asks
    assert_silent { woken_by(nil) }
    assert_silent { woken_by(__FILE__) }
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
      engine = Struct.new(:events_path, :bells, :pause, :glance?)
      Thread.new { sleep 0.3; system("mount", "-t", "tmpfs", "none", "/mnt") }
      HeapDump::Watch::Rest.new(engine.new("/proc/self/mounts", [], 50, false)).call
      puts "woken"
    RUBY
    assert_equal "woken\n", outcome.out, outcome.to_s
    assert_operator Process.clock_gettime(Process::CLOCK_MONOTONIC) - started, :<, 45
  end

  # A container may not show its group, or the group has gone.
  def test_somebody_who_asks_where_the_kernel_tells_nothing
    assert_silent { woken_by(File.join(scratch, "memory.events")) }
    assert_silent { woken_by(scratch) } # can be opened, but not be read
  end
end
