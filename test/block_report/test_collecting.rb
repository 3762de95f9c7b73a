# frozen_string_literal: true

require "test_helper"

# How often a block report collects garbage, and that what finalizers let go is not called held.
class TestBlockReportCollecting < HeapDumpTest
  CODE = <<~'RUBY'
    require "heapdump"
    require "json"
    class Row; end
    ROWS = []
    $collected = 0
    GC.singleton_class.prepend(Module.new { def start(...) = super.tap { $collected += 1 } })

    def finalized(object, &block) = ObjectSpace.define_finalizer(object, block)
    def letting_go = proc { ROWS.clear }
    def owner = finalized(Object.new, &letting_go)

    # In a frame that ends, so that no word of it is left on the stack.
    def leak(with_owner)
      Thread.new do
        owner if with_owner
        10.times { ROWS << Row.new }
      end.join
    end

    HeapDump.report { leak(false) }
    told = [[false, true], [true, true], [true, false]].map do |with_owner, retained|
      ROWS.clear
      $collected = 0
      report = HeapDump.report(retained: retained) { leak(with_owner) }
      rows = report.alive.by(:class).find { |row| row.key == "Row" }
      [rows ? rows.objects : 0, $collected]
    end
    puts JSON.generate(told)
  RUBY

  def test_a_second_time_after_finalizers_alone
    without, with, uncounted = JSON.parse(Child.ruby!(CODE).out)
    assert_equal [10, 1], without
    assert_equal [0, 2], with
    assert_equal 1, uncounted.last
  end
end
