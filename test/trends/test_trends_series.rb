# frozen_string_literal: true

require "test_helper"
require_relative "made_series"

# What is told of a series, and that it is told once.
class TestTrendsSeries < HeapDumpTest
  include MadeSeries

  BUS = "Bus (module) → constant SUBSCRIBERS → Array"
  SESSION = "#{BUS} → […] → Proc → captured session → Session".freeze

  def only(*made)
    found = trends(*made)
    assert_equal 1, found.count
    found.first
  end

  # Sessions that blocks hold, with the strings that they hold.
  def sessions(numbers, number)
    numbers.way(BUS, 1, retained: number * 1_000)
    numbers.way("#{BUS} → […] → Proc", number, retained: number * 900)
    numbers.way(SESSION, number, retained: number * 500, holder: "constant Bus::SUBSCRIBERS")
    numbers.way("#{SESSION} → @name → String", 3 * number, retained: number * 120)
    numbers.klass("Session", number + 5)
    numbers.klass("Proc", 300 + number)
    numbers.klass("String", 40_000 + (3 * number))
    numbers.klass("(IMEMO env: captured variables)", 200 + number)
  end

  def test_a_leak_is_told_once_with_what_it_holds
    series = only(*hourly(10) { |numbers, at| sessions(numbers, 20 * at) })
    assert_equal ["Session"], series.leaks.map(&:class_name)
    leak = series.leaks.first
    assert_equal :way, leak.line.kind
    assert_equal "constant Bus::SUBSCRIBERS", leak.line.holder
    assert_equal ["Proc", "String", "(IMEMO env: captured variables)"], leak.company
    assert_in_delta 20.0, leak.line.per_hour
    assert_in_delta 18_000.0, leak.bytes_per_hour
    assert_equal 180, leak.growth
    assert_equal "/dumps/heap-1.json", leak.line.since.path
    assert series.leaks?
    told = [leak.line, *leak.others]
    assert_empty series.lines.select(&:leak?) - told
  end

  def test_two_leaks_are_told_apart
    series = only(*hourly(10) do |numbers, at|
      sessions(numbers, 20 * at)
      numbers.way("Jobs (module) → constant DONE → Array → […] → Job", 7 * at)
      numbers.klass("Job", 7 * at)
    end)
    assert_equal %w[Session Job], series.leaks.map(&:class_name)
  end

  # A path has many ends, none of which grows enough to be seen.
  def test_a_class_without_a_way_is_told
    series = only(*hourly(10) { |numbers, at| numbers.klass("Node", 500 + (30 * at)) })
    assert_equal ["Node"], series.leaks.map(&:class_name)
    assert_equal :class, series.leaks.first.line.kind
    assert_empty series.leaks.first.company
  end

  def test_contents_that_grow_while_their_number_stays
    series = only(*hourly(10) do |numbers, at|
      numbers.way("Log (module) → @buffer → String", 1, bytes: 1_000 + (at * 100_000))
    end)
    assert_equal [%w[String bytes]], series.leaks.map { |leak| [leak.class_name, leak.unit] }
  end

  def test_what_fills_up_has_an_end
    series = only(*hourly(20) do |numbers, at|
      numbers.klass("Entry", (1_000 * (1 - Math.exp(-at / 5.0))).round)
    end)
    line = series.lines.find { |one| one.class_name == "Entry" }
    assert_equal :slow, line.verdict
    assert_includes 950..1_050, line.ending[1]
    refute series.leaks?
  end

  def test_work_is_an_axis
    dumps = Array.new(10) do |at|
      made(at, work: { "orders#show" => 500 * at }) do |n|
        n.klass("Entry", 3 * at)
      end
    end
    series = only(*dumps)
    assert series.work?
    assert_in_delta 6.0, series.lines.find { |one| one.class_name == "Entry" }.per_thousand
  end

  def test_native_memory
    series = only(*Array.new(10) do |at|
      made(at, count: at, account: { rss: (100 + (5 * at)) << 20, rest: 0, limit: 200 << 20,
                                     other_malloc: (20 + (5 * at)) << 20 })
    end)
    assert_empty series.leaks
    assert series.leaks?
    assert_in_delta 5 << 20, series.native.per_hour
    assert_in_delta 11.0, series.hours_left
  end

  # Garbage that waits for the GC looks like growth.
  def test_without_a_major_gc_growth_of_the_process_may_be_garbage
    series = only(*Array.new(10) do |at|
      path, extract = made(at, count: 1 + at, account: { rss: (100 + (5 * at)) << 20 })
      extract.gc = { **extract.gc, major_gc_count: 3 }
      [path, extract]
    end)
    assert_equal :unknown, series.process("rss").verdict
    assert_match(/major GCs/, series.process("rss").reasons.first)
  end

  # A dump that names its largest classes alone does not say that there are none of the others.
  def test_gaps_are_gaps
    other = HeapDump::Extract::OtherSum.new(5, 5, 5)
    dumps = Array.new(6) do |at|
      made(at, others: (other if at == 3)) do |n|
        n.klass("A", 5) if at.even?
      end
    end
    line = only(*dumps).lines.find { |one| one.class_name == "A" }
    assert_equal [5, 0, 5, nil, 5, 0], line.values
  end

  def test_what_many_dumps_have_to_say_is_said_once
    dumps = hourly(5) { |numbers, _| numbers.klass("A", 5) }
    dumps.map(&:last).each { |extract| extract.warnings = ["it has no time"] }
    dumps.last.last.warnings = ["it is odd"]
    assert_equal ["4 dumps, as /dumps/heap-1.json: it has no time",
                  "/dumps/heap-5.json: it is odd"], only(*dumps).warnings
  end

  def test_what_the_machine_stack_holds_is_not_accused
    series = only(*hourly(10) do |numbers, at|
      numbers.way("machine stack (may hold by chance) → (no name) → Array → […] → Job", 20 * at)
    end)
    refute series.leaks?
    assert_match(/machine stack alone/, series.lines.find { |one| one.kind == :way }.reasons.first)
  end

  # As of a process that has overwritten its name with its whole command.
  def test_names_of_processes_are_taken_as_they_are
    { "/usr/bin/puma\0-C\0x" => "puma", "\0" => "a process", "" => "a process",
      "/" => "/" }.each do |program, name|
      series = only(*hourly(4, identity: PROCESS.merge(program: program)))
      assert_equal "#{name} on web-1, pid 41", series.title
    end
  end

  def test_too_few_dumps
    series = only(*hourly(3) { |numbers, at| sessions(numbers, 20 * at) })
    refute series.judged?
    refute series.leaks?
    assert_equal [:unknown], series.lines.map(&:verdict).uniq
    assert_equal %w[/dumps/heap-1.json /dumps/heap-2.json /dumps/heap-3.json], series.telling
  end

  # Times have milliseconds, and dumps take some tenths of a second.
  def test_dumps_within_a_second_are_not_judged
    [[0.001, false], [0.16, false], [0.17, true]].each do |step, judged|
      dumps = Array.new(7) do |at|
        made(at * step / 3600, count: 10 + at) { |numbers| sessions(numbers, 200 * at) }
      end
      series = only(*dumps)
      assert_equal [judged, judged], [series.judged?, series.leaks?], step
      next if judged

      assert_equal [:unknown], series.lines.map(&:verdict).uniq
      assert_match(/within a second/, series.lines.first.reasons.join)
      assert_match(/within a second/, HeapDump::Trends::Words.new(series).lead)
    end
  end

  def test_what_does_not_change_is_static
    found = trends(*hourly(8) { |numbers, _| sessions(numbers, 100) })
    assert found.clean?
    assert_equal found.first.lines.size, found.first.tally[:static]
  end

  def test_the_dumps_that_tell_more_begin_with_the_leak
    series = only(*hourly(20) { |numbers, at| numbers.klass("Node", 500 + (30 * [at - 8, 0].max)) })
    assert_equal %w[/dumps/heap-9.json /dumps/heap-15.json /dumps/heap-20.json], series.telling
    assert_match(/flat before/, series.leaks.first.line.reasons.join)
  end
end
