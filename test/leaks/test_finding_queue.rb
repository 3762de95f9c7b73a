# frozen_string_literal: true

require "test_helper"
require "heapdump/leaks"

# The queue of dumps whose ways are found beside each other.
class TestFindingQueue < Minitest::Test
  Graph = Struct.new(:nodes, :work) do
    def keep_ways = work.call
  end

  def test_no_dump_is_begun_behind_a_failure
    failing = Thread::Queue.new
    begun = []
    largest = Graph.new(3, -> { wait_for_end(failing.pop) })
    broken = Graph.new(2, -> { failing << Thread.current and raise(IOError, "the disk is gone") })
    smallest = Graph.new(1, -> { begun << 1 })
    finding = HeapDump::Leaks.const_get(:Finding).allocate

    error = assert_raises(IOError) { finding.send(:keep_ways, [smallest, broken, largest]) }
    assert_equal("the disk is gone", error.message)
    assert_empty(begun)
  end

  private

  def wait_for_end(thread)
    thread.join
  rescue IOError
    nil
  end
end
