# frozen_string_literal: true

require "test_helper"
require "support/shippable"

# Dumps that may still be shipped are not among those that are too many.
class TestShipKeep < HeapDumpTest
  include Shippable

  # Fails so many times.
  def flaky(times)
    ->(_file, _facts) { (times -= 1).negative? ? "there" : raise(IOError, "try again") }
  end

  # Each time it is removed only when it has arrived.
  def test_a_dump_between_two_tries
    4.times { |i| dump("#{i}.json", age: 100 - i) }
    told = ship(flaky(6), keep: 0)
    assert_equal [4, 6], [told.shipped_dumps.size, told.failures.size]
    assert_equal told.shipped_dumps.map(&:first).sort, told.dropped_dumps.sort
    assert_empty files(from)
  end

  # Which has come while the others were shipped, so that it was never tried.
  def test_a_dump_that_is_young
    dump("a.json")
    dump("young.json", age: 0)
    told = ship(flaky(0), keep: 0)
    assert_equal %w[a.json young.json], told.shipped_dumps.map(&:first)
    assert_equal %w[a.json young.json], told.dropped_dumps
  end

  # Somebody may write it: it is not whole yet.
  def test_a_dump_that_is_being_written
    [0, -30].each { |age| dump("cut#{age}.json", age: age, footer: nil) }
    dump("old.json", age: 100, footer: nil)
    dump("future.json", age: -3600, footer: nil)
    told = ship(flaky(0), keep: 0)
    assert_equal %w[future.json old.json], told.dropped_dumps.sort
    assert_equal %w[cut-30.json cut0.json], files(from)
  end

  # One without header and footer rests for a minute, also if a file server's clock is ahead.
  def test_a_clock_that_is_ahead
    path = dump("a.json", age: -5, header: nil, footer: nil)
    all = dumps
    assert_in_delta 65, all.wait(all.find(File.basename(path))), 5
    rest(path, -3600)
    assert_equal 0, all.wait(all.find(File.basename(path)))
  end
end
