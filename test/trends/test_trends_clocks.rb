# frozen_string_literal: true

require "test_helper"
require_relative "made_series"

# Time that a clock shows and that has not gone by: clocks that were set forward.
class TestTrendsClocks < HeapDumpTest
  include MadeSeries

  FILLING = ->(at) { (3_000 * (1 - Math.exp(-at / 6.0))).round }
  LEAKING = ->(at) { 30 * at }
  YEARS = 10 * 8_766

  # 24 dumps, one each hour. The clock is set forward by so many hours before one of them, and back
  # after it with +once+.
  def series(objects, before, hours, counted: true, once: false)
    dumps = Array.new(24) do |at|
      late = once ? at == before : at >= before
      made(at + (late ? hours : 0), count: (10 + at if counted)) do |numbers|
        numbers.klass("Entry", objects.call(at))
      end
    end
    trends(*dumps).first
  end

  def verdict(series)
    series.lines.find { |line| line.class_name == "Entry" }.verdict
  end

  # The first dump after the start of a machine without a clock, one in between, the last one.
  def test_a_clock_that_was_set_forward_changes_no_verdict
    [1, 12, 23].product([24 * 3, YEARS], [true, false]).each do |before, hours, counted|
      next if !counted && hours < 1_000 # nothing says that it did not work so long

      told = [before, hours, counted]
      assert_equal :slow, verdict(series(FILLING, before, hours, counted: counted)), told
      leaking = series(LEAKING, before, hours, counted: counted)
      assert_equal :leak, verdict(leaking), told
      assert_in_delta 30.0, leaking.leaks.first.line.per_hour, 2, told
      assert_operator leaking.hours, :<, 24
      assert_match(/between heap-\d+.json and heap-\d+.json .* by the clock/,
                   leaking.warnings.join, told)
      assert_equal [before], leaking.gaps
    end
  end

  # The verdict stands, but it is said that so little time went by.
  def test_dumps_of_less_than_a_minute
    soon = "all dumps were taken within 20 seconds: what grows in so short a time may soon stop, " \
           "and what is said to grow in an hour is a guess"
    { 2 => [soon], 7 => [] }.each do |seconds, warnings|
      dumps = Array.new(11) do |at|
        made(at * seconds / 3600.0, count: 10 + at) do |numbers|
          numbers.klass("Entry", 100 + (30 * at))
        end
      end
      found = trends(*dumps).first
      assert_equal warnings, found.warnings
      assert_equal ["Entry"], found.leaks.map(&:class_name)
    end
  end

  # Who goes on working over a gap between dumps is not suspected.
  def test_a_gap_in_which_it_worked_counts
    dumps = [*0..9, *40..49].map do |hour|
      made(hour, count: 10 + hour) { |numbers| numbers.klass("Entry", LEAKING.call(hour)) }
    end
    found = trends(*dumps).first
    assert_in_delta 49.0, found.hours
    assert_in_delta 30.0, found.leaks.first.line.per_hour
    assert_empty found.warnings
  end

  # Of many dumps of a line, many lie near the first one.
  def test_steady_growth_over_many_dumps_was_never_flat
    found = trends(*hourly(200) { |numbers, at| numbers.klass("Entry", 30 * at) }).first
    line = found.leaks.first.line
    assert_equal "/dumps/heap-1.json", line.since.path
    refute_match(/flat/, line.reasons.join)
  end

  def test_what_fills_up_over_many_dumps_is_no_leak
    [0.3, 0.35, 0.4, 0.45].each do |part|
      found = trends(*hourly(200) do |numbers, at|
        numbers.klass("Entry", (3_000 * (1 - Math.exp(-at / (200 * part)))).round)
      end).first
      assert_equal :slow, verdict(found), part
    end
  end

  def test_a_leak_that_begins_later_is_dated_however_many_dumps_there_are
    { 20 => 8, 100 => 30, 200 => 60 }.each do |size, begins|
      found = trends(*hourly(size) do |numbers, at|
        numbers.klass("Entry", 500 + (30 * [at - begins, 0].max))
      end).first
      line = found.leaks.first.line
      assert_match(/flat before/, line.reasons.join)
      since = found.dumps.index(line.since)
      assert_operator since, :>=, begins, size
      assert_operator since, :<=, begins + (size / 20) + 1, size
    end
  end
end
