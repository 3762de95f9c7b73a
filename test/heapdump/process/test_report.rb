# frozen_string_literal: true

require "test_helper"

# The line in which the coordinator of a dump tells what became of it.
class TestReport < Minitest::Test
  def report(line)
    HeapDump::Report.of(line)
  end

  def test_of_a_dump_that_is_whole
    report = report("done 1142259 83886080 1740000 2\n")
    assert_predicate report, :whole?
    assert_equal [1_142_259, 83_886_080, 1.74, 2],
                 [report.objects, report.bytes, report.seconds, report.processes]
  end

  def test_of_one_that_failed
    report = report("failed 28 0 700 renaming it\n")
    refute_predicate report, :whole?
    assert_equal [28, 0, 700, "renaming it"], [report.errno, report.signal, report.objects,
                                               report.where]
  end

  def test_of_one_whose_process_was_killed
    report = report("failed 0 9 0 writing\n")
    refute_predicate report, :whole?
    assert_equal 9, report.signal
  end

  def test_of_one_that_told_nothing
    assert_nil report("")
    assert_nil report("\n")
    assert_nil report("refused RuntimeError: done\n")
  end
end
