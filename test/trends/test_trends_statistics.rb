# frozen_string_literal: true

require "test_helper"
require "heapdump/trends"

# The statistics of trends against naive ways to the same numbers.
class TestTrendsStatistics < HeapDumpTest
  Statistics = HeapDump::Trends.const_get(:Statistics)

  def test_the_median
    assert_in_delta 2.0, Statistics.median([3, 1, 2])
    assert_in_delta 2.5, Statistics.median([4, 1, 2, 3])
  end

  def test_the_slope_ignores_what_lies_elsewhere
    assert_in_delta 2.0, Statistics.slope([0, 1, 2, 3, 4], [5, 7, 9, 11, 4000])
    assert_in_delta 0.0, Statistics.slope([0, 0], [5, 7])
  end

  # Of many numbers some pairs are enough.
  def test_the_slope_of_many_numbers
    random = Random.new(1)
    [41, 100, 200].each do |size|
      xs = (0...size).to_a
      ys = xs.map { |x| random.rand < 0.2 ? 0 : (3 * x) + (random.rand * 20) }
      assert_in_delta 3.0, Statistics.slope(xs, ys), 0.4
      assert_operator Statistics.send(:slopes, xs, ys).size, :<=, 700
    end
  end

  # The oracle: all orders of the numbers.
  def test_the_chance_of_a_trend_is_exact
    (2..7).each do |size|
      scores = (1..size).to_a.permutation.map { |order| Statistics.kendall(order) }
      scores.uniq.each do |score|
        expected = scores.count { |one| one >= score }.fdiv(scores.size)
        assert_in_delta expected, Statistics.trend_chance(score, size), 1e-12
      end
    end
  end

  def test_the_exact_chance_meets_the_normal_one
    { 60 => 400, 50 => 300, 40 => 150 }.each do |size, score|
      exact, normal = [1, 1 + 1e-9].map { |more| Statistics.trend_chance(score, size, more) }
      assert_in_delta 1, exact / normal, 0.2
    end
    assert_in_delta 0, Statistics.trend_chance(19_900, 200), 1e-90
  end

  # For all numbers with ties: the chance that is given, beside that by all orders of the numbers.
  def test_ties_never_make_a_small_chance_smaller
    [0, 1, 2].repeated_permutation(6).map(&:sort).uniq.each do |tied|
      scores = tied.permutation.map { |order| Statistics.kendall(order) }
      exact = scores.count { |one| one >= scores.first }.fdiv(scores.size)
      given = Statistics.trend_chance(scores.first, 6)
      assert_operator given, :>=, exact, tied if given < 0.1
    end
  end

  # The oracle: tables.
  def test_students_t
    { [6.314, 1] => 0.05, [2.920, 2] => 0.05, [2.353, 3] => 0.05, [5.208, 6] => 0.001,
      [3.646, 30] => 0.0005, [1.812, 10] => 0.05, [22.327, 2] => 0.001, [0, 7] => 0.5,
      [-1.812, 10] => 0.95 }.each do |(value, freedom), chance|
      assert_in_delta 1, Statistics.student_chance(value, freedom) / chance, 0.002, [value, freedom]
    end
  end

  def test_signs
    assert_in_delta 1 / 128.0, Statistics.sign_chance(7, 7)
    assert_in_delta 0.5, Statistics.sign_chance(4, 7)
    assert_in_delta 1.0, Statistics.sign_chance(0, 7)
  end

  def test_autocorrelation
    assert_operator Statistics.autocorrelation((0..40).map { |x| Math.sin(x / 5.0) }), :>, 0.9
    assert_operator Statistics.autocorrelation([1, -1] * 20), :<, -0.9
    assert_in_delta 0.0, Statistics.autocorrelation([7, 7, 7])
  end

  # Walks by chance seldom look as if they had a drift, and a line always does.
  def test_drift_is_told_from_a_walk_by_chance
    random = Random.new(2)
    xs = (0..11).to_a
    found = Array.new(2_000) do
      at = 0
      ys = xs.map { at += random.rand - 0.5 }
      Statistics.drift_chance(xs, ys) <= 0.01
    end
    assert_in_delta 0.01, found.count(true) / 2_000.0, 0.008
    assert_operator Statistics.drift_chance(xs, xs.map { |x| x * 7 }), :<, 1e-12
    assert_in_delta 1.0, Statistics.drift_chance(xs, xs.map(&:-@))
  end

  def test_a_line_is_told_from_noise
    random = Random.new(3)
    xs = (0..7).to_a
    found = Array.new(2_000) { Statistics.line_chance(xs, xs.map { random.rand }) <= 0.01 }
    assert_in_delta 0.01, found.count(true) / 2_000.0, 0.008
    assert_operator Statistics.line_chance(xs, xs.map { |x| x * 7 }), :<, 1e-12
  end
end
