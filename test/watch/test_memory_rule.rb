# frozen_string_literal: true

require "test_helper"
require "support/watching"

# The rule of the memory: marks, episodes, and which of several workers dumps.
class TestMemoryRule < HeapDumpTest
  include Watching

  def test_three_marks_give_a_series_of_three_dumps
    watch = engine
    look(watch, 60)
    assert_empty begun
    [520, 720, 860].each.with_index(1) do |used, number|
      use(used)
      look(watch, 20)
      assert_equal number - 1, begun.size, "a mark must be passed for 30 s"
      look(watch, 10)
      assert_equal number, begun.size
      finish(watch)
    end
    look(watch, 3600)
    assert_equal 3, begun.size
    names = begun.map { |dump| dump.path.delete_prefix("#{heaps}/") }
    assert_equal 1, names.map { |name| File.dirname(name) }.uniq.size
    assert_match(%r{\Aseries-web-1-40-\w+/\S+-web-1-40-\w+-1-20261129T040130\.000Z\.json},
                 names.first)
    assert_equal [{ gc: false, strings: :hash }], begun.map(&:options).uniq
    assert_equal 3, watch.stats.to_h[:dumps]
    assert_match(/\Adumping to .*, because memory: 520\.0 MiB of 1,000\.0 MiB are/, said.first)
    assert_match(/\(mark 0\.5\)\z/, said.first)
    assert_equal 6, said.size
  end

  # From the first mark to the limit it takes 25 s, less than `for:` or three looks.
  def test_a_fast_leak_gets_its_dumps_before_the_limit
    watch = engine(settle: 0, &:memory)
    used = 100.0
    until used > 1000
      use(used.round)
      tree.process(40, private: used.round, as_self: true)
      watch.look
      finish_any(watch)
      pause = watch.pause
      machine.pass(pause)
      used += 20 * pause
    end
    assert_equal 3, begun.size, said.inspect
  end

  # What jumps and stays has to stay for `for:`.
  def test_a_jump_is_no_fast_leak
    watch = engine(settle: 0)
    look(watch, 60)
    use(560)
    began = machine.seconds
    while machine.seconds < began + 25
      watch.look
      machine.pass(watch.pause)
    end
    assert_empty begun
    assert_operator watch.pause, :>, 8
    use(120)
    look(watch, 600)
    assert_empty begun
  end

  # The kernel can take it back, so it is neither a leak nor a reason to look more often.
  def test_page_cache_that_comes_and_goes_makes_no_haste
    watch = engine(settle: 0)
    looks = 0
    began = machine.seconds
    while machine.seconds < began + 600
      use([460, 640, 480, 690, 520, 900][looks % 6], anon: 300)
      watch.look
      looks += 1
      machine.pass(watch.pause)
    end
    assert_empty begun
    assert_operator looks, :<, 125 # two for each of the usual ones
  end

  # They do not wait for the pause between dumps: each strikes once.
  def test_marks_after_a_dump_of_another_rule
    watch = engine { |on| [on.growth, on.memory] }
    tree.process(40, private: 100, as_self: true)
    look(watch, 400)
    tree.process(40, private: 300, as_self: true)
    look(watch, 20)
    finish(watch)
    assert_equal 1, begun.size
    use(600)
    look(watch, 40)
    assert_equal 2, begun.size
    assert_match(/mark 0\.5/, said.last)
  end

  def test_each_mark_once_in_an_episode
    watch = engine(cooldown: 0) { |on| on.memory at: [0.5] }
    use(520)
    look(watch, 30)
    finish(watch)
    [455, 520, 455, 520].each do |used| # not below nine tenths
      use(used)
      look(watch, 60)
    end
    assert_equal 1, begun.size
    use(440)
    look(watch)
    use(520)
    look(watch, 30)
    assert_equal 2, begun.size
  end

  def test_a_jump_over_several_marks_is_one_dump
    watch = engine
    use(800)
    look(watch, 30)
    finish(watch)
    look(watch, 3600)
    assert_equal 1, begun.size
    assert_match(/mark 0\.7/, said.first)
    use(870)
    look(watch, 30)
    assert_equal 2, begun.size
  end

  # Else a process that grows fast would leave fewer dumps than there are marks.
  def test_marks_that_were_passed_together_strike_when_there_is_more
    watch = engine(cooldown: 900)
    [[860, 100], [870, 103], [880, 108], [890, 111], [900, 120]].each do |used, private|
      use(used)
      tree.process(40, private: private, as_self: true)
      look(watch, 40)
      finish_any(watch)
    end
    assert_equal %w[860 880 900], said.grep(/\Adumping/).map { |line| line[/memory: (\d+)/, 1] }
    look(watch, 3600)
    tree.process(40, private: 900, as_self: true)
    look(watch, 3600)
    assert_equal 3, begun.size, "one for each mark"
  end

  # Where all are killed together there is no room for a dump at the usual marks.
  def test_marks_strike_early_while_there_is_room
    watch = engine
    [[520, 490], [560, 540], [630, 600], [665, 635], [690, 660], [730, 700], [860, 830], [520, 490],
     [660, 630]].each do |used, private|
      use(used, oom_group: 1)
      tree.process(40, private: private, as_self: true)
      look(watch, 40)
      finish_any(watch)
    end
    reasons = said.grep(/\Adumping/).map { |line| line[/memory: (\d+\..*)/, 1] }
    early = "early: later there may be no room"
    assert_equal ["520.0 MiB of 1,000.0 MiB are used (mark 0.5)",
                  "630.0 MiB of 1,000.0 MiB are used (mark 0.7, #{early})",
                  "665.0 MiB of 1,000.0 MiB are used (mark 0.85, #{early})"], reasons
    assert_empty refusals(watch)
  end

  # In a small container, a process that has just been started may use more than half of it.
  def small(used, limit: 256, anon: used - 5, private: anon)
    tree.process(40, private: private, as_self: true)
    tree.group_two("/web", used: used, limit: limit, anon: anon)
  end

  # Also before any mark is passed.
  def test_the_first_mark_strikes_early_where_room_is_scarce
    small(100)
    watch = engine { |on| on.memory at: [0.9, 0.95] }
    [[150, 0], [182, 1], [184, 1], [187, 2]].each do |used, dumps|
      small(used)
      look(watch, 20)
      assert_equal dumps, begun.size, "#{used} MiB"
      finish_any(watch)
    end
    assert_match(/182\.0 MiB of 256\.0 MiB are used \(mark 0\.9, early: .* no room\)/, said.first)
  end

  # It is there until the kernel needs the memory.
  def test_page_cache_makes_no_room_scarce
    small(190, anon: 100)
    watch = engine { |on| on.memory at: [0.9] }
    look(watch, 600)
    assert_empty begun
  end

  # What comes and goes is one dump in an hour.
  def test_room_that_is_scarce_again_and_again
    small(100)
    watch = engine { |on| on.memory at: [0.9] }
    6.times do
      small(185)
      look(watch, 300)
      finish_any(watch)
      small(100)
      look(watch, 300)
    end
    assert_equal 1, begun.size
  end

  # A leak that kills the process sooner than it has settled, in MiB a second.
  def test_a_leak_after_the_start
    [1, 0.5].each do |rate|
      leak_after_the_start(rate)
      assert_operator begun.size, :>=, 2, said.inspect
      assert_operator machine.seconds, :<, 1000 + 300
    end
  end

  def leak_after_the_start(rate)
    @begun = @log = @machine = nil
    small(used = 70.0, limit: 128, private: 70)
    watch = engine(settle: 300)
    until used > 125
      small(used, limit: 128, anon: used, private: used.round)
      watch.look
      finish_any(watch)
      pause = watch.pause
      machine.pass(pause)
      used += rate * pause
    end
  end

  # Where nothing grows, there is time until it has settled.
  def test_a_process_that_is_large_after_the_start
    small(185)
    watch = engine(settle: 300)
    look(watch, 290)
    assert_empty begun
    look(watch, 20)
    assert_equal 1, begun.size
  end

  # A mark waits no longer than there is room.
  def test_a_mark_in_a_small_container
    small(60, limit: 128)
    watch = engine(settle: 0)
    used = 60.0
    until begun.any? || used > 120
      small(used, limit: 128, anon: used, private: used.round)
      watch.look
      pause = watch.pause
      machine.pass(pause)
      used += pause / 2
    end
    assert_operator said.first[/memory: (\d+)/, 1].to_i, :<, 80
  end

  # Else one would only learn of it when the process has settled.
  def test_no_room_is_told_with_the_first_mark
    small(104, limit: 128)
    watch = engine(settle: 300)
    look(watch, 40)
    assert_match(/\(settle: 300\); and 24\.0 MiB of memory are left up to the limit of 128/,
                 said.first)
    assert_equal 1, said.size
  end

  TOLD = {
    [128, 0] => " (a single process has room for a dump up to 0.70 of the limit: what is above " \
                "strikes early)",
    [512, 0] => " (a single process has room for a dump up to 0.79 of the limit: what is above " \
                "strikes early)",
    [128, 1] => " (a single process has room for a dump up to 0.33 of the limit: all of them " \
                "strike early)",
    [32, 1] => " (there is no room for a dump in so little memory)", [4096, 0] => ""
  }.freeze

  def test_the_first_line_says_for_which_marks_there_is_room
    TOLD.each do |(limit, oom_group), words|
      tree.group_two("/web", used: 20, limit: limit, oom_group: oom_group)
      engine.introduce
      assert_equal "marks at 0.5, 0.7, 0.85#{words}", said.last[/marks at.*/], limit.to_s
    end
    tree.group_two("/web", used: 20, limit: 128)
    [{ of: :process }, { at: [0.5] }].each do |options|
      engine { |on| on.memory(**options) }.introduce
      refute_includes said.last, "room"
    end
  end

  # A mark that is passed while a lower one strikes has its own dump when its time has come.
  def test_the_next_mark_is_passed_when_one_strikes
    watch = engine
    use(520)
    look(watch, 20)
    use(720)
    look(watch, 10)
    assert_match(/mark 0\.5/, said.first)
    finish(watch)
    look(watch, 30)
    assert_equal 2, begun.size
    assert_match(/mark 0\.7/, said[2])
  end

  def test_a_short_peak_is_none
    watch = engine
    10.times do
      use(900)
      look(watch, 20)
      use(300)
      look(watch, 10)
    end
    assert_empty begun
  end

  # Page cache in use counts as used, but the kernel takes it back.
  def test_page_cache_is_no_reason
    watch = engine { |on| on.memory at: [0.5] }
    use(900, inactive: 500)
    look(watch, 120)
    use(900, inactive: 100, anon: 300)
    look(watch, 120)
    assert_empty begun
    use(900, inactive: 100, anon: 451)
    look(watch, 30)
    assert_equal 1, begun.size
  end

  # The kernel has had to reclaim at the limit: there is no time to wait.
  def test_events_of_the_kernel
    watch = engine { |on| on.memory at: [0.5] }
    use(480, events: { max: 7 })
    look(watch)
    use(600, anon: 300, events: { max: 8 })
    look(watch)
    assert_equal 1, begun.size
  end

  def test_pressure
    watch = engine { |on| on.memory at: [0.5] }
    use(600)
    tree.put("/sys/fs/cgroup/web/memory.pressure", "some avg10=25.00 avg60=1.00\n")
    look(watch)
    assert_equal 1, begun.size
  end

  def test_events_are_left_alone_where_they_are_not_wanted
    watch = engine { |on| on.memory at: [0.5], events: false }
    use(480, events: { max: 7 })
    look(watch)
    use(600, events: { max: 8 })
    look(watch)
    assert_empty begun
    assert_nil watch.events
    other = engine
    assert_equal tree.path("/sys/fs/cgroup/web/memory.events"), other.events.path
    other.stop
  end

  def test_marks_in_bytes_need_no_limit
    tree.remove("/proc/meminfo")
    tree.group_two("/web", used: 600, limit: nil)
    watch = engine { |on| on.memory at: ["500 MiB", 800 << 20] }
    look(watch, 30)
    assert_equal 1, begun.size
    assert_match(/because memory: 600\.0 MiB are used \(mark 500\.0 MiB\)/, said.first)
  end

  def test_no_limit_is_told_once_and_other_rules_go_on
    tree.remove("/proc/meminfo")
    tree.group_two("/web", used: 600, limit: nil)
    watch = engine do |on|
      on.memory
      on.rule(:always) { true }
    end
    look(watch, 60)
    assert_match(/\Athe rule memory is off: no limit of the memory is known; give limit:/,
                 said.first)
    assert_equal 1, begun.size
  end

  # Without a control group the machine's memory is the limit: 8 GiB here, of which 2 are used.
  def test_the_memory_of_the_machine
    tree.membership("")
    watch = engine
    look(watch, 60)
    assert_empty begun
    tree.put("/proc/meminfo", "MemTotal: 8388608 kB\nMemAvailable: 3000000 kB\n")
    look(watch, 30)
    assert_equal 1, begun.size
  end

  # A group may be allowed more than there is.
  def test_a_limit_above_the_memory_of_the_machine
    tree.group_two("/web", used: 100, limit: 9000)
    tree.put("/proc/meminfo", "MemTotal: 8388608 kB\nMemAvailable: 3000000 kB\n")
    look(engine, 30)
    assert_match(/5\.1 GiB of 8\.0 GiB are used/, said.first)
  end

  def test_a_limit_that_is_given
    watch = engine(limit: "200 MiB")
    use(120)
    look(watch, 30)
    assert_match(/120\.0 MiB of 200\.0 MiB/, said.first)
    finish_any(watch)
    tree.membership("") # then it is this process alone
    tree.process(40, private: 150, as_self: true)
    watch = engine(limit: "200 MiB") { |on| on.memory at: [0.7] }
    look(watch, 30)
    assert_match(/150\.0 MiB of 200\.0 MiB/, said.last)
  end

  # A limit that is raised while the program runs.
  def test_the_limit_is_measured_again
    watch = engine { |on| on.memory at: [0.9] }
    use(600)
    look(watch)
    tree.group_two("/web", used: 600, limit: 630)
    look(watch, 100)
    assert_equal 0, begun.size
    assert_equal({ headroom: 1 }, refusals(watch))
  end

  def test_private_memory_of_each_process
    tree.process(40, parent: 7, as_self: true)
    tree.process(41, parent: 7)
    watch = engine { |on| on.memory at: [0.5], of: :process }
    use(900)
    look(watch, 60)
    assert_empty begun
    use(500)
    tree.process(40, parent: 7, private: 260, as_self: true)
    look(watch, 30)
    assert_equal 1, begun.size
    assert_match(/private memory: 260\.0 MiB of 500\.0 MiB/, said.first)
  end

  # Three marks, three dumps, however soon one is passed after the other.
  def test_marks_of_a_process_are_a_series
    tree.process(40, as_self: true)
    watch = engine(cooldown: 900) { |on| on.memory at: [0.2, 0.3, 0.4], of: :process }
    [210, 310, 410].each do |mib|
      tree.process(40, private: mib, as_self: true)
      look(watch, 40)
      finish(watch)
    end
    assert_equal 3, begun.size, said.last
  end

  def test_the_last_mark_does_not_wait_until_the_process_has_settled
    watch = engine(settle: 300)
    use(600)
    look(watch, 60)
    assert_empty begun
    use(860)
    look(watch, 30)
    assert_equal 1, begun.size
  end

  def test_at_exit
    watch = engine do |on|
      on.memory
      on.exit
    end
    look(watch)
    watch.close
    assert_empty begun
    use(520)
    look(watch, 30)
    finish(watch)
    watch.close
    assert_equal 2, begun.size
    assert_match(/because the process ends/, said[-2])
    assert_match(/not written after 10(\.0)? s/, said.last)
  end
end
