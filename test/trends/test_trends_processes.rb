# frozen_string_literal: true

require "test_helper"
require "heapdump/trends"
require "support/child"

# Real processes that dump themselves, end to end, with nine kinds of growth: what they do is
# known, and told.
class TestTrendsProcesses < HeapDumpTest
  PROGRAMS = File.join(__dir__, "processes")

  # The classes of the leaks, and the verdicts of ways, by name.
  TRUTH = {
    "two_leaks" => [%w[Session Job], { "Session" => :leak, "Job" => :leak, "Entry" => :static,
                                       "Request" => :fast }],
    "strings" => [%w[String], { "Statement" => :slow }],
    "late" => [%w[Listener], { "Listener" => :leak, "Name" => :slow, "Connection" => :fast }]
  }.freeze

  def test_what_processes_do_is_told
    dirs = TRUTH.keys.to_h { |name| [name, File.join(scratch, name)] }
    dirs.map { |name, dir| Thread.new { run_program(name, dir) } }.each(&:join)
    found = dirs.transform_values { |dir| HeapDump::Trends.of(dir) }
    TRUTH.each { |name, (leaks, verdicts)| check(name, found.fetch(name), leaks, verdicts) }
    late(found.fetch("late").first)
    again(dirs.fetch("late"))
  end

  private

  def run_program(name, dir)
    Child.ruby!("load ARGV.shift", File.join(PROGRAMS, "#{name}.rb"), dir)
  end

  def check(name, trends, leaks, verdicts)
    assert_equal 1, trends.count, name
    series = trends.first
    assert_empty series.warnings.grep_v(/\Aall dumps were taken within/), name
    assert_equal leaks.sort, series.leaks.map(&:class_name).sort, name
    assert_nil series.native, name
    verdicts.each do |class_name, right|
      line = series.lines.find { |one| one.kind == :way && one.class_name == class_name }
      assert_equal right, line.verdict, "#{name}: #{class_name} #{line.values}"
    end
  end

  # It says since when, by time and by work.
  def late(series)
    line = series.leaks.first.line
    assert_equal 4, series.dumps.index(line.since) + 1
    assert_equal "constant LISTENERS", line.holder[/\Aconstant \w+/]
    assert_in_delta 20.0, line.per_thousand, 5
    assert_equal "shop on #{series.identity[:host]}, pid #{series.identity[:pid]}", series.title
  end

  # The second time nothing is read but extracts, also if the dumps are gone.
  def again(dir)
    before = HeapDump::Trends.of(dir).to_h
    Dir["#{dir}/series-*/*.json"].grep_v(/manifest/).each { |path| File.delete(path) }
    after = HeapDump::Trends.of(dir).to_h
    assert_equal before[:series].first[:leaks], after[:series].first[:leaks]
  end
end
