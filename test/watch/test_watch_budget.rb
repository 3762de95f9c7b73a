# frozen_string_literal: true

require "test_helper"
require "support/watching"

# How many dumps a process and its directory may have, and for what.
class TestWatchBudget < HeapDumpTest
  include Watching

  # A rule that strikes again and again leaves to the marks as many dumps as there are of them, and
  # as many to what grows after a start.
  def test_marks_have_dumps_of_their_own
    watch = engine(cooldown: 0) { |on| [on.every(seconds: 1), on.memory(for: 0)] }
    look(watch)
    10.times do
      machine.pass(10)
      watch.look
      finish_any(watch)
    end
    assert_equal 3, begun.size
    assert_match(/this process has made 3 dumps in the last 24 hours \(at_most: 9, 6 of them for /,
                 said.grep(/\Ano dump/).first)
    [520, 720, 860].each do |used|
      use(used)
      look(watch)
      finish(watch)
    end
    assert_equal 6, begun.size
  end

  # Also by processes before this one.
  def test_marks_have_dumps_of_the_directory
    2.times do
      watch = engine(at_most: 4) { |on| [on.memory, on.rule(:always) { true }] }
      look(watch)
      finish(watch)
    end
    assert_equal 1, begun.size
    assert_match(/heaps got 1 dump in the last 24 hours \(at_most: 4, 3 of them for/, said.last)
    watch = engine(at_most: 4) { |on| on.memory for: 0 }
    look(watch)
    use(520)
    look(watch)
    assert_equal 2, begun.size
  end

  # What the marks have used is not used by the other rules.
  def test_dumps_of_marks_are_not_those_of_others
    watch = engine { |on| on.memory for: 0 }
    look(watch)
    [520, 720, 860].each do |used|
      use(used)
      look(watch)
      finish(watch)
    end
    4.times do
      look(other = engine { |on| [on.memory, on.rule(:always) { true }] })
      finish_any(other)
      other.stop
    end
    assert_equal 6, begun.size
    assert_equal %w[memory memory memory always always always],
                 state["dumps"].map { |one| one["rule"] }
    assert_equal [0, 0, 0, 2, 2, 2], state["dumps"].map { |one| one["modest"] }
  end

  # One is left to the others in any case, and all where there are no marks.
  def test_others_have_a_dump_too
    [[1, 1, 3], [2, 1, 3], [3, 1, 2], [2, 2, 0]].each do |most, dumps, marks|
      watch = engine(at_most: most, cooldown: 0) do |on|
        on.every seconds: 1
        on.memory at: Array.new(marks) { |n| 0.5 + (n / 10.0) } if marks.positive?
      end
      begun.clear
      look(watch)
      5.times do
        look(watch, 10)
        finish_any(watch)
      end
      assert_equal dumps, begun.size, "at_most: #{most}, #{marks} marks"
      FileUtils.rm_rf(heaps)
    end
  end

  # A crash loop gets no new budget.
  def test_the_budget_survives_restarts
    8.times do
      machine.pass(1000)
      strike_often(engine(at_most: 3) { |on| on.every seconds: 1 }, 2)
    end
    assert_equal 3, begun.size
    assert_match(/heaps got 3 dumps in the last 24 hours \(at_most: 3\); `heapdump take 40`/,
                 said.last)
    machine.pass(86_400)
    strike_often(engine(at_most: 3) { |on| on.every seconds: 1 }, 2)
    assert_equal 4, begun.size
  end

  # It is one of 24 hours, in a process as in its directory: a watch may live for weeks.
  def test_the_budget_of_a_day
    watch = engine(at_most: 2) { |on| on.every seconds: 1 }
    numbers = Array.new(4) do |day|
      strike_often(watch, 4)
      machine.pass(86_400)
      begun.size - (2 * day)
    end
    assert_equal [2, 2, 2, 2], numbers
    assert_match(/this process has made 2 dumps in the last 24 hours \(at_most: 2\); `heapdump /,
                 said.last)
    strike_often(engine(at_most: nil) { |on| on.every seconds: 1 }, 10)
    assert_operator begun.size, :>, 16
  end

  # It stays so for hours, and is told once a day.
  def test_a_budget_that_is_used_up_is_told_once
    watch = engine(at_most: 1, cooldown: 60) { |on| on.every seconds: 1 }
    strike_often(watch, 20)
    assert_equal 1, said.grep(/\Ano dump, .*at_most/).size
    assert_operator refusals(watch)[:budget], :>, 10
    machine.pass(86_400)
    strike_often(watch, 20)
    assert_equal 2, said.grep(/\Ano dump, .*at_most/).size
  end

  # Whoever removes the directory gives this process no other budget.
  def test_the_budget_of_a_process
    watch = engine(at_most: 2) { |on| on.every seconds: 1 }
    3.times do
      strike_often(watch, 2)
      FileUtils.rm_rf(heaps)
    end
    assert_equal 2, begun.size
    assert_match(/this process has made 2 dumps in the last 24 hours \(at_most: 2\)/, said.last)
  end

  # The looks are never at the same second of the day, and no time may be refused for that.
  def test_times_go_on_for_weeks
    { { cron: "0 3 * * *" } => [4, 14], { seconds: 3600 } => [30, 14 * 24] }
      .each do |given, (most, number)|
      @begun = @log = nil
      FileUtils.rm_rf(heaps)
      watch = engine(at_most: most, every: 600) { |on| [on.memory, on.every(**given)] }
      ends = machine.seconds + (14 * 86_400)
      while machine.seconds < ends
        watch.look
        finish_any(watch)
        machine.pass(watch.pause)
      end
      assert_in_delta number, begun.size, 1
      assert_empty refusals(watch), given.inspect
      use(860)
      look(watch, 40)
      finish(watch)
      assert_match(/mark 0\.85/, said.grep(/\Adumping/).last)
      use(100)
    end
  end

  # A process that dies of its dump has used up some of the budget.
  def test_a_dump_that_never_ended_counts
    5.times do
      watch = engine(at_most: 3) { |on| on.every seconds: 1 }
      machine.pass(1000)
      look(watch)
      machine.pass(5)
      look(watch)
      watch.forget # dead
      watch.instance_variable_get(:@dumping).instance_variable_get(:@lock).release
    end
    assert_equal 3, begun.size
  end

  GARBAGE = ["", "{", "[]", "null", "{\"dumps\":1,\"chosen\":{}}", "\xFF", "{\"dumps\":[]}",
             "{\"dumps\":[{\"time\":\"x\"}],\"chosen\":{}}",
             "{\"dumps\":[{\"time\":1,\"bytes\":[],\"slots\":{}}],\"chosen\":{}}",
             "{\"dumps\":[{\"time\":1,\"modest\":-7}],\"chosen\":{}}",
             "{\"dumps\":[{\"time\":1,\"bytes\":1#{"0" * 400},\"slots\":1}],\"chosen\":{}}",
             "{\"dumps\":[],\"chosen\":{\"web-1\":1}}", "[" * 10_000, "\0" * 4096].freeze

  # The files that are there count instead.
  def test_a_torn_state
    strike_often(engine(at_most: 2) { |on| on.every seconds: 1 }, 3)
    assert_equal 2, begun.size
    begun.each { |one| File.utime(machine.time, machine.time, one.path) }
    GARBAGE.each do |text|
      File.binwrite(File.join(heaps, "state.json"), text)
      strike_often(engine(at_most: 2) { |on| on.every seconds: 1 }, 2)
      assert_equal 2, begun.size, text.inspect
      assert(said.any? { |line| line.include?("state.json is damaged") }, text.inspect)
      log.lines.clear
    end
    FileUtils.rm_rf(Dir.glob("#{heaps}/series-*"))
    strike_often(engine(at_most: 2) { |on| on.every seconds: 1 }, 2)
    assert_equal 3, begun.size
    assert_equal 1, state["dumps"].size
  end
end
