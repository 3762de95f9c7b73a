# frozen_string_literal: true

require "test_helper"
require "support/watching"

# What a program takes when it starts, or again and again, and lives with, is no leak: its dumps
# must not use up those that a leak needs.
class TestWarmUp < HeapDumpTest
  include Watching

  # MiB of a container of so many, all of them of one process.
  def fill(used, limit)
    return if @filled == [used, limit]

    @filled = [used, limit]
    tree.process("self", private: used - 5)
    tree.group_two("/web", used: used, limit: limit, anon: used - 5)
  end

  # Until so many are used, at +rate+ MiB a second, and then for the rest of +seconds+. Returns how
  # many dumps were begun.
  def grow(watch, from, to, limit, rate: 1, seconds: 0)
    before = begun.size
    ends = machine.seconds + [seconds, (to - from) / rate.to_f].max
    used = from.to_f
    while machine.seconds < ends
      fill(used.round, limit)
      watch.look
      finish_any(watch)
      pause = watch.pause
      machine.pass(pause)
      used = [used + (pause * rate), to].min
    end
    begun.size - before
  end

  # The limit, what is used at the start and after it, MiB a second; and for how many dumps there is
  # room when it leaks then.
  STARTS = [[512, 150, 330, 2, 3], [512, 200, 390, 1, 1], [256, 100, 185, 2, 1],
            [1000, 560, 560, 1, 3]].freeze

  def test_starts_leave_dumps_to_a_leak
    STARTS.each do |limit, from, to, rate, least|
      @begun = @log = nil
      FileUtils.rm_rf(heaps)
      fill(from, limit)
      4.times do
        @last = engine(settle: 300)
        grow(@last, from, to, limit, rate: rate, seconds: 350)
      end
      found = grow(@last, to, limit * 0.9, limit, rate: 0.5)
      assert_operator found, :>=, least, "#{limit} #{to}: #{said.join("\n")}"
      assert_operator begun.size, :<=, 9
    end
  end

  # Where nothing makes haste, a mark waits until the process has settled.
  def test_growth_that_ends_far_from_the_limit
    [0.3, 2].each do |rate|
      @begun = @log = nil
      fill(200, 512)
      assert_equal 0, grow(engine(settle: 300), 200, 290, 512, rate: rate, seconds: 290), said.last
    end
  end

  # It has settled with what is used as soon as that is known.
  def test_what_is_used_is_unknown_when_it_has_settled
    watch = engine(settle: 300)
    %w[current stat].each { |file| tree.remove("/sys/fs/cgroup/web/memory.#{file}") }
    look(watch, 400)
    fill(560, 1000)
    look(watch, 400)
    finish_any(watch)
    of_marks = state["dumps"].select { |one| one["rule"] == "memory" }
    assert_equal [2], of_marks.map { |one| one["modest"] }
  end

  # Of a worker that is always as large, one dump is enough.
  def test_a_process_that_is_always_large
    tree
    watch = engine(settle: 300)
    assert_equal 1, grow(watch, 560, 560, 1000, seconds: 5000)
    assert_equal "mark 0.5", said.first[/mark 0\.\d/]
    assert_equal 2, grow(watch, 560, 900, 1000)
  end

  # Other rules, and starts, leave each other enough.
  def test_a_leak_after_a_start_in_spite_of_other_rules
    fill(100, 256)
    always = proc { |on| [on.memory, on.rule(:always) { |facts| facts.time.min.even? }] }
    grow(engine(cooldown: 0, &always), 100, 100, 256, seconds: 1000)
    assert_equal 3, begun.size
    watch = engine(settle: 300, &always)
    assert_operator grow(watch, 100, 250, 256, rate: 1), :>=, 2
  end

  # Peaks that come and go, and do not grow.
  def test_peaks_that_come_again
    fill(300, 1000)
    watch = engine
    look(watch)
    dumps = Array.new(6) do
      grow(watch, 300, 720, 1000, rate: 3) + grow(watch, 300, 300, 1000, seconds: 100)
    end
    assert_equal [1, 1, 1, 1, 0, 0], dumps # three more for what is nothing new
    refute_empty said.grep(/\Ano dump, .*: this process has made 3 dumps in the last 24 hours/)
    assert_operator grow(watch, 700, 990, 1000, rate: 0.5), :>=, 1
  end

  # The same where less is used, but never so little that no mark is passed any more.
  def test_peaks_over_one_mark
    fill(300, 1000)
    watch = engine { |on| on.memory at: [0.2, 0.7] }
    look(watch)
    6.times { grow(watch, 300, 720, 1000, rate: 3) + grow(watch, 300, 300, 1000, seconds: 100) }
    assert_operator begun.size, :<, 9
  end

  # A worker that ends as it was has nothing to say, and there may be many in a day.
  def test_workers_that_end_as_they_were
    tree
    8.times do
      watch = engine(settle: 300) { |on| [on.memory, on.exit(grace: 0)] }
      grow(watch, 560, 560, 1000, seconds: 400)
      watch.close
      begun.last.finish unless begun.last.done?
    end
    assert_equal 3, begun.size
  end
end
