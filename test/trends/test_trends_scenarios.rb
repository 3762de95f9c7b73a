# frozen_string_literal: true

require "test_helper"
require "heapdump/trends"
require_relative "scenarios"

# A few series of each model; rake trends:scenarios judges many.
class TestTrendsScenarios < HeapDumpTest
  SERIES = 5
  BESIDE = 4
  RIGHT = 0.95

  def rows
    @rows ||= Trends::Scenarios.run(seeds: SERIES, beside: BESIDE)
  end

  def test_what_is_known_is_told
    assert_operator rows.size, :>=, 24
    right = rows.sum(&:right)
    all = rows.sum(&:series)
    assert_operator right, :>=, RIGHT * all, rows.select { |row| row.wrong.any? }.join("\n")
    rows.each { |row| assert_operator row.share, :>, 0.5, row.to_s }
  end

  def test_no_leak_is_told_where_there_is_none
    assert_equal 0, rows.sum(&:false_leaks), rows.select { |row|
      row.false_leaks.positive?
    }.join("\n")
    assert_equal 0, rows.sum(&:false_beside)
  end

  # One object for each 1,000 requests, in 40 dumps, and nothing else is told.
  def test_one_object_for_each_thousand_requests
    row, = Trends::Scenarios.run(seeds: 20,
                                 names: [Trends::Models::ALL.keys.grep(/1,000 req/).first])
    assert_equal 20, row.right
  end
end
