# frozen_string_literal: true

require "test_helper"
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

  # A container may not show its group, or the group has gone.
  def test_somebody_who_asks_where_the_kernel_tells_nothing
    assert_silent { woken_by(File.join(scratch, "memory.events")) }
    assert_silent { woken_by(scratch) } # can be opened, but not be read
  end
end
