# frozen_string_literal: true

require "test_helper"
require "support/watching"

# Dumps of a process that grows fast: as many as there is time for, and none that the kill tears.
class TestOutlook < HeapDumpTest
  include Watching

  # A process of which +base+ MiB of the limit of 1,000 are used, and after +quiet+ seconds +rate+
  # more in each second. A dump takes a second for +speed+ MiB of it, and 30 MiB while it is
  # written. The limit is that of the group, or +given+ where there is none.
  Leak = Struct.new(:rate, :base, :speed, :quiet, :slots, :given, :step, keyword_init: true) do
    def initialize(base: 60, speed: 800, quiet: 7.3, slots: 100_000, step: 0.05, **rest)
      super
    end
  end
  OWN = 30
  GLANCE = HeapDump::Watch::Rest.const_get(:GLANCE)

  # Lives until the limit. Returns how many dumps there are, and whether one was torn.
  def live(leak)
    start(leak)
    advance(leak) until @used + own >= 1000 || @clock > 300
    said.clear
    [begun.count(&:done?), begun.any? { |one| !one.done? }]
  end

  def start(leak)
    @begun = @log = @machine = nil
    FileUtils.rm_rf(heaps)
    tree.remove("/sys/fs/cgroup")
    @used = leak.base
    @leak = leak
    measure
    machine.slots = leak.slots
    @watch = engine(limit: (1000 << 20 if leak.given), &:memory)
    @clock = @due = @glance = 0.0
    @ends = nil
  end

  def own
    @ends ? OWN : 0
  end

  def advance(leak)
    write(leak)
    look if @clock >= @due || @clock >= @glance
    machine.pass(leak.step)
    @clock += leak.step
    @used += leak.rate * leak.step if @clock > leak.quiet
  end

  # The dump under way, if there is one.
  def write(leak)
    return if begun.empty? || begun.last.done?

    @begins = @clock unless @ends
    @ends ||= @clock + (@used / leak.speed)
    return if @clock < @ends

    begun.last.finish(seconds: @clock - @begins)
    @ends = nil
  end

  def measure
    use((@used + own).round) unless @leak.given
    tree.process(40, private: [@used.round - 20, 1].max, as_self: true)
  end

  def look
    measure
    if @clock >= @due || @watch.glance?
      @watch.look
      @due = @clock + @watch.pause
    end
    @glance = @clock + GLANCE
  end

  # Nobody knows when a leak begins, between two glances, nor how fast it is.
  def each_leak(rates, quiet: [7.3, 8.6], **more)
    rates.each do |rate|
      quiet.each do |moment|
        leak = Leak.new(rate: rate, quiet: moment, **more)
        yield leak, *live(leak), "#{leak.to_h} #{log.lines}"
      end
    end
  end

  def test_one_for_each_mark
    each_leak([8, 28, 64, 145]) do |_leak, dumps, torn, words|
      assert_equal [3, false], [dumps, torn], words
    end
  end

  # Its process is all that is known of then.
  def test_under_a_limit_that_is_given
    each_leak([28, 64], given: true, quiet: [12.1]) do |_leak, dumps, torn, words|
      assert_equal [3, false], [dumps, torn], words
    end
  end

  # Of a large process a dump takes minutes.
  def test_none_of_minutes_that_cannot_be_finished
    { 5 => 0, 2 => 1 }.each do |rate, number|
      leak = Leak.new(rate: rate, base: 450, speed: 5, slots: 30_000_000, step: 0.2)
      dumps, torn = live(leak)
      assert_equal [number, false], [dumps, torn], "#{leak.to_h} #{log.lines}"
    end
  end

  # Where more is used when it begins, and where a dump takes longer, there is less time.
  def test_as_many_as_there_is_time_for
    { { rate: 28, base: 300 } => 3, { rate: 64, base: 300 } => 3, { rate: 64, speed: 300 } => 2,
      { rate: 28, speed: 200 } => 3, { rate: 145, base: 200 } => 1,
      { rate: 145, speed: 200 } => 1 }.each do |given, least|
      dumps, torn = live(Leak.new(**given))
      assert_operator dumps, :>=, least, "#{given} #{log.lines}"
      refute torn, "#{given} #{log.lines}"
    end
  end

  # Refused, with the reason, before it takes what is left.
  def test_none_that_cannot_be_finished
    each_leak([200, 400], base: 300, speed: 150) do |_leak, dumps, torn, words|
      assert_equal [0, false], [dumps, torn], words
      assert_match(/no dump, although memory: .*: memory grows so fast that in \d\.\d s there /,
                   words)
    end
  end

  # One that was written while the machine had much else to do does not forbid all others.
  def test_what_the_last_dump_tells_is_forgotten
    start(Leak.new(rate: 0))
    @watch.look
    outlook = @watch.instance_variable_get(:@gauge).outlook
    guessed = outlook.dump_seconds
    outlook.took(500.0, 10 << 30)
    machine.pass(3500)
    assert_in_delta 500.0, outlook.dump_seconds
    machine.pass(200)
    assert_in_delta guessed, outlook.dump_seconds
  end
end
