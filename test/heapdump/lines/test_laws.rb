# frozen_string_literal: true

require "test_helper"
require "support/laws"

# The six laws over the nasty heap.
class TestLaws < HeapDumpTest
  include Laws

  def dumped
    Dumps.nasty
  end

  # In process: who waits for others may look once more, and allocates what it reads. In no regime,
  # which would be counted with it.
  def test_law_4_cost_does_not_depend_on_the_heap
    code = <<~'RUBY'
      require "heapdump"
      costs = Array.new(6) do
        GC.disable
        before = GC.stat(:total_allocated_objects)
        HeapDump.dump("#{ARGV[0]}/heap.json", gc: false, fork: false)
        GC.stat(:total_allocated_objects) - before
      end
      kept = Array.new(200_000) { [Object.new] }
      costs += Array.new(2) do
        before = GC.stat(:total_allocated_objects)
        HeapDump.dump("#{ARGV[0]}/heap.json", gc: false, fork: false)
        GC.stat(:total_allocated_objects) - before
      end
      p costs.values_at(5, 7)
    RUBY
    few, many = JSON.parse(Child.ruby!(code, scratch, bare: true).out)
    assert_equal few, many, "objects allocated by a dump of a small heap and of a large one"
  end
end
