# frozen_string_literal: true

require "test_helper"
require_relative "made_series"

# Which dumps are of one life of a process, and in which order.
class TestTrendsLives < HeapDumpTest
  include MadeSeries

  def numbers(found)
    found.map { |series| series.dumps.map { |dump| File.basename(dump.path)[/\d+/].to_i } }
  end

  def test_dumps_of_one_process_in_the_order_of_time
    found = trends(made(2), made(0), made(1))
    assert_equal [[2, 3, 1]], numbers(found)
    assert_equal "puma: on web-1, pid 41", found.first.title
    assert_equal [[1, 2, 3]], found.map { |one| one.dumps.map(&:path).map { _1[/\d/].to_i }.sort }
  end

  def test_dumps_of_different_processes_are_never_joined
    [{ pid: 42 }, { host: "web-2" }, { series: "a1" }, { revision: "b2" }, { ruby: "3.4.0" },
     { program: "sidekiq" }, { app: "shop" }].each do |other|
      mixed = Array.new(8) { |at| made(at, identity: at.odd? ? { **PROCESS, **other } : PROCESS) }
      found = trends(*mixed)
      assert_equal [4, 4], found.map { |series| series.dumps.size }, other
      found.each { |series| assert_equal 1, series.dumps.map(&:identity).uniq.size }
    end
  end

  def test_what_a_server_does_at_the_moment_makes_no_other_process
    names = ["sidekiq 7.3 shop [0 of 5 busy]", "sidekiq 7.3 shop [2 of 5 busy]"]
    found = trends(*names.map.with_index do |name, at|
      made(at, identity: { **PROCESS, program: name })
    end)
    assert_equal 1, found.count
  end

  def test_a_number_that_is_used_again_is_told
    found = trends(made(0), made(1), made(2, identity: { **PROCESS, ruby: "3.4.0" }))
    assert_equal 2, found.count
    found.each { |series| assert_match(/2 processes had the number 41/, series.warnings.join) }
  end

  def test_a_restart_ends_a_series
    found = trends(made(0, count: 50), made(1, count: 60), made(2, count: 5), made(3, count: 15),
                   made(4, count: 25))
    assert_equal [[3, 4, 5], [1, 2]], numbers(found)
    found.each do |one|
      assert_match(/counters of the GC fell between heap-2.*and heap-3/, one.warnings.join)
    end
  end

  # The life is named, so it is one.
  def test_a_clock_that_was_set_back
    watched = { **PROCESS, series: "a1" }
    found = trends(*{ 0 => 10, 1 => 20, 2 => 30, 0.5 => 40, 1.5 => 50 }.map do |hour, count|
      made(hour, count: count, identity: watched)
    end)
    assert_equal [[1, 2, 3, 4, 5]], numbers(found)
    assert_match(/clock was set back between heap-3.json and heap-4.json/,
                 found.first.warnings.join)
    assert_in_delta 3.0, found.first.hours
  end

  # It is not named, but the times rise but for one step.
  def test_a_clock_that_was_set_back_without_a_watch
    times = { 0 => 10, 1 => 20, 2 => 30, 1.5 => 40, 2.5 => 50, 3.5 => 60 }
    found = trends(*times.map { |hour, count| made(hour, count: count) })
    assert_equal [[1, 2, 3, 4, 5, 6]], numbers(found)
    assert_match(/clock was set back/, found.first.warnings.join)
  end

  # It may be another process with the same number, so nothing is joined.
  def test_what_may_be_another_process_is_not_joined
    found = trends(made(0, count: 10), made(1, count: 20), made(2, count: 30), made(3, count: 15))
    assert_equal [[1, 2, 3], [4]], numbers(found)
  end

  def test_missing_dumps
    paths = [1, 2, 4, 8].map do |number|
      "/d/shop-web1-41-a1-#{number}-2026010#{number}T000000.000Z.json"
    end
    found = trends(*paths.map.with_index { |path, at| made(at, path: path) })
    told = found.first.warnings
    assert_match(/\Adump number 3 is missing, between shop-web1-41-a1-2-/, told.first)
    assert_match(/\Adumps 5 to 7 are missing/, told.last)
    whole = trends(*Array.new(4) { |at| made(at, path: "/d/heap-4711-#{at}.json") })
    assert_empty whole.first.warnings
    times = trends(*[5, 6, 9].map { |at| made(at, path: "/d/heap-173158080#{at}.dump") })
    assert_empty times.first.warnings
  end

  # As ObjectSpace.dump_all writes them: the headers say nothing.
  def test_dumps_that_do_not_name_their_process
    paths = %w[/a/heap-1731580800.dump /a/heap-1731584400.dump /b/heap-1731580800.dump
               /a/other-1.dump]
    found = trends(*paths.map.with_index { |path, at| made(at, path: path, identity: {}) })
    assert_equal [2, 1, 1], found.map { |series| series.dumps.size }
    assert_equal %w[/a /a], found.first.dumps.map { |dump| File.dirname(dump.path) }
    assert_match(/do not name their process/, found.first.warnings.first)
    assert_equal "a process in /a", found.first.title
  end

  def test_a_copy_of_a_dump_counts_once
    first = made(0, count: 1)
    found = trends(first, ["/copy/heap-1.json", first.last], made(1, count: 2))
    assert_equal 2, found.first.dumps.size
  end

  def test_a_deploy_is_told
    found = trends(*%w[a1 b2].flat_map.with_index do |revision, at|
      Array.new(2) do |n|
        made((at * 5) + n, identity: { **PROCESS, app: "shop", pid: at, revision: revision })
      end
    end)
    assert_match(/pid 0 has revision a1, and shop on web-1, pid 1 has revision b2: a deploy/,
                 found.warnings.first)
  end
end
