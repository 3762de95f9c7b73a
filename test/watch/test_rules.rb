# frozen_string_literal: true

require "test_helper"
require "heapdump/watch/rules/cron"
require "support/watching"

# All rules but that of the memory, and what becomes of code of the application that fails.
class TestWatchRules < HeapDumpTest
  include Watching

  def test_growth
    tree.process(40, private: 100, as_self: true)
    watch = engine(settle: 60, cooldown: 0) { |on| on.growth by: 2 }
    look(watch, 30)
    tree.process(40, private: 150, as_self: true) # it grows while it settles
    look(watch, 60)
    [[290, 0], [310, 1], [500, 1], [640, 2], [1200, 2], [1300, 3]].each do |mib, dumps|
      tree.process(40, private: mib, as_self: true)
      look(watch, 20)
      assert_equal dumps, begun.size, "at #{mib} MiB"
      finish_any(watch)
    end
    assert_match(/private memory has grown from 150\.0 MiB to 310\.0 MiB/, said.first)
  end

  # Resident memory is asked at each look; for private memory the kernel has to work.
  def test_private_memory_is_asked_only_near_a_mark
    tree.process(40, private: 100, as_self: true)
    watch = engine { |on| on.growth by: 2 }
    look(watch)
    tree.put("/proc/self/smaps_rollup", tree.smaps(5000, 4000, 10))
    look(watch, 600)
    assert_empty begun
  end

  def test_every_so_many_seconds
    watch = engine(cooldown: 0, at_most: nil) { |on| on.every seconds: 600 }
    look(watch, 600)
    assert_equal 1, begun.size, "a first one within the time"
    finish(watch)
    look(watch, 1200)
    assert_equal 2, begun.size
  end

  def test_a_fleet_does_not_dump_at_once
    first = [0, 0.25, 0.999].map do |number|
      random = Struct.new(:rand).new(number)
      rule = HeapDump::Watch::Rules::Every.new(seconds: 1000, random: random)
      (0..1000).find { |second| rule.strike(facts(seconds: second)) }
    end
    assert_equal [0, 250, 999], first
  end

  # Each process that is forked has a time of its own.
  def test_forked_workers_do_not_dump_at_once
    rule = HeapDump::Watch::Rules::Every.new(seconds: 1 << 20)
    facts = facts()
    reader, writer = IO.pipe
    pids = Array.new(4) do
      fork do
        mine = rule.dup.reset
        mine.strike(facts)
        writer.puts mine.instance_variable_get(:@due)
        exit!
      end
    end
    writer.close
    pids.each { |pid| Process.wait(pid) }
    assert_equal 4, reader.readlines.uniq.size
    reader.close
  end

  def facts(seconds: 0, time: machine.time, work: [0, 0])
    HeapDump::Watch::Facts.new(HeapDump::Watch::Gauge.new(machine), time, seconds, 40, work)
  end

  # What is missed is not made up for.
  def test_every_so_many_jobs
    rule = HeapDump::Watch::Rules::Every.new(jobs: 1000)
    struck = [0, 999, 1000, 1001, 1999, 2000, 5700, 5999, 6000].select do |jobs|
      facts = facts(work: [jobs, 7])
      rule.strike(facts)&.then { |strike| rule.spent(strike, facts) || true }
    end
    assert_equal [1000, 2000, 5700, 6000], struck
    rule = HeapDump::Watch::Rules::Every.new(requests: 5)
    assert_nil rule.strike(facts(work: [100, 3]))
    assert rule.strike(facts(work: [100, 5]))
  end

  # Times (minutes) at which it strikes while the clock shows these.
  def struck_at(text, *times)
    rule = HeapDump::Watch::Rules::Every.new(cron: text)
    times.select do |time|
      facts = facts(time: time)
      rule.strike(facts)&.then { |strike| rule.spent(strike, facts) || true }
    end
  end

  def clock(day, hour, minute, second = 0)
    Time.utc(2026, 11, day, hour, minute, second)
  end

  def test_times
    shown = [clock(29, 2, 59), clock(29, 3, 0, 5), clock(29, 3, 0, 15), clock(29, 3, 1),
             clock(30, 2, 59), clock(30, 3, 7)]
    assert_equal [clock(29, 3, 0, 5), clock(30, 3, 7)], struck_at("0 3 * * *", *shown)
  end

  # Set back, set forth, and far away.
  def test_times_of_a_clock_that_jumps
    shown = [clock(29, 2, 59), clock(29, 3, 0), clock(29, 2, 30), clock(29, 3, 0), clock(29, 3, 1)]
    assert_equal [clock(29, 3, 0)], struck_at("0 3 * * *", *shown).uniq
    assert_equal 1, struck_at("0 3 * * *", *shown).size
    assert_equal [clock(29, 9, 0)], struck_at("0 3 * * *", clock(29, 1, 0), clock(29, 9, 0))
    assert_equal 1, struck_at("* * * * *", clock(1, 0, 0), Time.utc(2040, 1, 1)).size
    shown = [clock(29, 2, 0), clock(20, 2, 59), clock(20, 3, 0)]
    assert_equal [clock(20, 3, 0)], struck_at("0 3 * * *", *shown)
  end

  CRON = {
    "*/15 * * * *" => [0, 15, 30, 45], "5,10-12 * * * *" => [5, 10, 11, 12],
    "50-59/5 * * * *" => [50, 55], "7/20 * * * *" => [7, 27, 47]
  }.freeze

  def test_minutes
    CRON.each do |text, minutes|
      cron = HeapDump::Watch::Rules::Cron.new(text)
      found = (0..59).select { |minute| cron.due(minute, minute) }
      assert_equal minutes, found, text
    end
  end

  # 29 November 2026 is a Sunday.
  def test_days
    { "0 3 * * 0" => true, "0 3 * * 7" => true, "0 3 * * 1-6" => false, "0 3 29 * *" => true,
      "0 3 28 * 0" => true, "0 3 28 * 1" => false, "0 3 * 11 *" => true, "0 3 * 12 *" => false,
      "0 4 * * *" => false }.each do |text, due|
      minute = clock(29, 3, 0).to_i / 60
      assert_equal due, HeapDump::Watch::Rules::Cron.new(text).due(minute, minute), text
    end
  end

  def test_a_rule_of_the_application
    full = false
    seen = nil
    watch = engine(cooldown: 0) { |on| on.rule(:queue) { |facts| (seen = facts) && full } }
    look(watch, 50)
    assert_empty begun
    full = true
    look(watch)
    finish(watch)
    look(watch, 100)
    assert_equal 1, begun.size
    full = false
    look(watch)
    full = true
    look(watch)
    assert_equal 2, begun.size
    assert_equal [:queue, 100 * MIB, 40], [seen.rule, seen.working_set, seen.pid]
    assert_equal({ queue: 2 }, watch.stats.to_h[:strikes])
  end

  # Told once, and off after three times; the others go on.
  def test_a_rule_that_raises
    called = 0
    watch = engine do |on|
      on.rule(:broken) { (called += 1) && raise(NotImplementedError, "oh\nmore") }
      on.rule(:good) { true }
    end
    look(watch, 100)
    assert_equal 3, called
    assert_equal 1, said.grep(/the rule broken raised NotImplementedError: oh\z/).size
    assert_equal 1, said.grep(/the rule broken is switched off: it has failed 3 times/).size
    assert_equal ["the rule broken"], watch.stats.to_h[:off]
    assert_equal 1, begun.size
  end

  # A watch lives for weeks.
  def test_a_rule_that_fails_now_and_then
    calls = 0
    watch = engine do |on|
      on.rule(:broken) { ((calls += 1) % 400).zero? && raise("now and then") } # each 4,000 s
    end
    look(watch, 20_000)
    assert_empty watch.stats.to_h[:off]
    assert_equal 1, said.grep(/now and then/).size
  end

  # Ours are called without a stop watch, and are told and switched off in the same way.
  def test_a_rule_of_our_own_that_raises
    watch = engine(&:usual)
    look(watch)
    growth = watch.instance_variable_get(:@rules).find { |rule| rule.name == :growth }
    growth.define_singleton_method(:strike) { |_facts| raise IOError, "gone" }
    look(watch, 100)
    assert_equal 1, said.grep(/the rule growth raised IOError: gone\z/).size
    assert_equal ["the rule growth"], watch.stats.to_h[:off]
    File.write(File.join(heaps, "ask"), "")
    look(watch)
    assert_equal 1, begun.size
  end

  # Each is work for the application's GC: a long time after the start, and far from any mark. Then
  # somebody has asked once, so the directory of requests is there.
  def test_objects_of_a_look
    watch = engine(&:usual)
    assert_operator objects(watch), :<=, 8
    Dir.mkdir(File.join(heaps, "asks"), 0o700)
    assert_operator objects(watch), :<=, 18
  end

  def objects(watch)
    look(watch, 60)
    made = Array.new(5) do
      machine.pass(10)
      before = GC.stat(:total_allocated_objects)
      watch.look
      GC.stat(:total_allocated_objects) - before
    end
    made.min
  end

  def test_a_rule_that_takes_long
    watch = engine { |on| on.rule(:slow) { machine.pass(1.5) && nil } }
    look(watch, 100)
    assert_equal 1, said.grep(/the rule slow took 1\.5 s/).size
    assert_equal ["the rule slow"], watch.stats.to_h[:off]
  end

  # Where many threads run, each file that is read may cost a second.
  def test_rules_of_our_own_may_take_long
    watch = engine(&:usual)
    gauge = HeapDump::Watch::Gauge
    watch.instance_variable_get(:@gauge).define_singleton_method(:usage) do
      @machine.pass(1.5)
      gauge.instance_method(:usage).bind_call(self)
    end
    File.write(File.join(heaps.tap { |path| FileUtils.mkdir_p(path, mode: 0o700) }, "x"), "")
    use(600)
    look(watch, 100)
    assert_empty watch.stats.to_h[:off]
    assert_equal 1, begun.size
  end

  # Who asks is code of the application: it is asked, and answered, and that is all.
  def test_an_object_that_asks_has_methods_of_its_own
    source = Object.new
    def source.asked(_facts) = nil
    %i[begin_life bell silence unwanted close forget].each do |name|
      source.define_singleton_method(name) { raise "called" }
    end
    watch = engine(only: ->(_) { false }) { |on| on.ask(source) }
    look(watch, 10)
    assert_empty watch.bells
    watch.forget
    watch.close
    assert_empty said.grep(/called/)
  end

  def test_hooks
    seen = []
    watch = engine(cooldown: 0) do |on|
      on.every seconds: 1
      on.dump { raise "no" }
      on.dump { |result, facts| seen << [result.bytes, facts.rule, facts.working_set] }
    end
    5.times do
      look(watch, 10)
      finish(watch) unless begun.last.done?
    end
    assert_equal 1, said.grep(/the hook on\.dump raised RuntimeError: no/).size
    assert_equal [1000, :every, 100 * MIB], seen.first
    assert_operator seen.size, :>, 3
  end

  # A hook may send something. Meanwhile others can dump, and it is no failure to take long.
  def test_a_hook_that_takes_long
    locks = []
    watch = engine(cooldown: 0, at_most: nil) do |on|
      on.every seconds: 1
      on.dump do
        machine.pass(30)
        locks << File.open("#{heaps}/lock") { |file| file.flock(File::LOCK_EX | File::LOCK_NB) }
      end
    end
    5.times do
      look(watch, 10)
      finish(watch) unless begun.last.done?
    end
    assert_operator locks.size, :>, 3
    assert_equal [0], locks.uniq
    assert_empty watch.stats.to_h[:off]
  end

  def test_a_logger_that_fails
    log.define_singleton_method(:warn) { |_| raise "disk full" }
    watch = engine { |on| on.rule(:always) { true } }
    look(watch)
    finish(watch)
    assert_equal 1, watch.stats.to_h[:dumps]
  end

  def ask(text = "")
    FileUtils.mkdir_p(heaps, mode: 0o700)
    File.write(File.join(heaps, "ask"), text)
  end

  def answer
    File.read(File.join(heaps, "answer"))
  end

  # Neither the time after the start nor that after a dump keeps somebody waiting who asks.
  def test_a_question_in_a_file
    watch = engine(settle: 300)
    2.times do |i|
      ask
      look(watch)
      assert_equal i + 1, begun.size
      assert_equal "40 dumping\n", answer
      finish(watch)
      assert_equal "40 dumped #{begun.last.path}\n", answer
      look(watch, 100)
    end
    assert_equal 2, begun.size
    use(990)
    ask("40\n")
    look(watch)
    assert_match(/\A40 refused: 10\.0 MiB of memory are left/, answer)
    use(100)
    look(watch, 100)
    assert_equal 2, begun.size, "the question is answered"
  end

  # Whoever does not want dumps leaves the question to others.
  def test_a_question_where_nothing_is_wanted
    calls = 0
    ask
    look(engine(only: ->(_) { (calls += 1) && false }), 20)
    assert_path_exists File.join(heaps, "ask")
    assert_equal 3, calls, "once in a look"
    look(engine(only: ->(_) { true }))
    assert_equal 1, begun.size
  end

  def test_a_question_in_a_dry_run
    ask
    look(engine(dry: true))
    assert_equal "40 refused: this is a dry run\n", answer
  end

  def test_a_question_to_another_process
    watch = engine
    ask("41")
    look(watch, 20)
    assert_empty begun
    assert_path_exists File.join(heaps, "ask")
    FileUtils.rm_rf(File.join(heaps, "ask"))
    Dir.mkdir(File.join(heaps, "ask"))
    look(watch, 20)
    assert_empty begun
    assert_empty said
  end

  # What other ways to ask build on.
  def test_a_source_of_questions
    source = Class.new do
      attr_reader :answers

      def asked(facts) = facts.pid == 40 && @answers.nil? ? "asked by me" : nil
      def answer(words) = (@answers ||= []) << words
    end.new
    watch = engine { |on| on.ask source }
    look(watch, 50)
    assert_equal [1, ["dumping"]], [begun.size, source.answers]
    assert_match(/because asked by me\z/, said.first)
  end

  def test_a_source_that_says_false
    source = Object.new
    source.define_singleton_method(:asked) { |_facts| false }
    look(engine { |on| on.ask source }, 50)
    assert_empty begun
    assert_empty said
  end

  # Sidekiq sends a signal to a process that it finds in Redis. Until then nothing is asked.
  def test_a_signal_that_did_not_come
    watch = engine { |on| on.ask("sidekiq:redis://localhost") }
    look(watch, 50)
    watch.close
    assert_empty begun
    assert_empty said
  end

  # It is the code of the application, too.
  def test_a_source_whose_answer_fails
    source = Class.new do
      def asked(_facts) = (@asked = !@asked) ? "asked" : nil
      def answer(_words) = raise("no")
    end.new
    watch = engine(cooldown: 0) { |on| on.ask source }
    look(watch)
    assert_equal 1, begun.size
    finish(watch)
    assert_equal 1, watch.stats.to_h[:dumps]
    assert_equal 1, said.grep(/\Athe rule ask raised RuntimeError: no/).size
    assert_empty said.grep(/a look has failed/)
  end

  # Whoever asked is told, too, when the dump fails.
  def test_a_question_whose_dump_fails
    ask
    watch = engine
    look(watch)
    begun.last.fail(HeapDump::ChildDied.new(9, nil, begun.last.path))
    look(watch)
    assert_match(/\A40 failed: no dump at /, answer)
  end

  # Bytes that JSON does not take.
  def test_words_that_are_no_text
    source = Object.new
    def source.asked(_) = (@asked = !@asked) ? "asked by \xFF".b : nil
    watch = engine(to: "#{heaps}-\u00FC") { |on| on.ask source }
    look(watch)
    with_env("GIT_SHA" => "\xFE\xFF") { finish(watch) }
    assert_equal [1, 0], watch.stats.to_h.values_at(:dumps, :failures)
    manifest = JSON.parse(File.read("#{begun.last.path}.manifest.json"))
    assert_equal ["asked by \\xFF", "\\xFE\\xFF"], manifest.values_at("why", "revision")
    with_env("HEAPDUMP_APP" => "shop\xFF") { assert_equal "shop_", HeapDump::Watch::Names.app }
  end

  def with_env(variables)
    before = variables.keys.to_h { |name| [name, ENV.fetch(name, nil)] }
    ENV.update(variables)
    yield
  ensure
    ENV.update(before)
  end
end
