# frozen_string_literal: true

require "test_helper"
require "minitest/mock"
require "support/watching"

# What forbids a dump, and what is kept.
class TestGuards < HeapDumpTest
  include Watching

  def refused(**options)
    watch = engine(**options) { |on| on.rule(:always) { true } }
    look(watch)
    assert_empty begun
    [refusals(watch).keys, said.grep(/\Ano dump, /).last]
  end

  def allowed(**options)
    watch = engine(**options) { |on| on.rule(:always) { true } }
    look(watch)
    assert_equal 1, begun.size, said.join("\n")
    finish(watch)
    begun.clear
    watch
  end

  # 16 MiB and 0.15 of 100 MiB.
  def test_headroom
    use(970)
    keys, words = refused
    assert_equal [:headroom], keys
    assert_equal "no dump, although its block says so: 30.0 MiB of memory are left up to the " \
                 "limit of 1,000.0 MiB, and a dump may take 31.0 MiB", words
    use(969)
    allowed
  end

  # MiB below which no dump is begun: less than what one is planned with only where a process of the
  # dump is all that can be lost.
  LEAST = { 40 => [22, 82, 68], 100 => [31, 148, 74], 300 => [61, 188, 94],
            1000 => [164, 328, 164] }.freeze

  def test_the_least_headroom_of_processes_of_any_size
    LEAST.each do |mib, least|
      tree.process(40, private: mib, as_self: true)
      told = [0, 1].map { |group| gauge_of("/web", oom_group: group).least / MIB }
      told << (gauge_of("/puma.service", oom_group: 0).least / MIB)
      assert_equal least, told, "#{mib} MiB"
    end
  end

  # MiB that must be left, by the private memory of the process; where all are killed together; and
  # in a service of systemd, which ends if one process of it is killed.
  NEEDED = { 40 => [26, 82, 68], 100 => [41, 148, 74], 300 => [91, 188, 94],
             1000 => [164, 328, 164] }.freeze

  def test_headroom_of_processes_of_any_size
    NEEDED.each do |mib, needed|
      tree.process(40, private: mib, as_self: true)
      told = [0, 1].map { |group| needed_of("/web", oom_group: group) }
      assert_equal needed, [*told, needed_of("/puma.service", oom_group: 0)], "#{mib} MiB"
    end
  end

  # The memory of the whole machine is that of others, too, and so is its kill. What is given as a
  # limit is enforced by nobody.
  def test_headroom_of_the_machine
    tree.put("/proc/meminfo", "MemTotal: 1024000 kB\nMemAvailable: 921600 kB\n")
    assert_equal 74, needed_of("/web", limit: 2000)
    assert_equal 41, needed_of("/web", limit: 900)
    assert_equal 148, needed_of("/web", limit: 2000, oom_group: 1)
    tree.membership("")
    assert_equal 74, headroom_needed
    assert_equal 41, headroom_needed(500 << 20)
  end

  def needed_of(path, **how)
    gauge_of(path, **how).headroom.last / MIB
  end

  def gauge_of(path, **how)
    tree.membership("0::#{path}\n")
    tree.group_two(path, used: 100, limit: 1000, **how)
    HeapDump::Watch::Gauge.new(machine).tap(&:refresh)
  end

  def headroom_needed(limit = nil)
    HeapDump::Watch::Gauge.new(machine, limit).tap(&:refresh).headroom.last / MIB
  end

  # Then it may have all that is used.
  def test_headroom_of_a_process_of_unknown_size
    tree.remove("/proc/self/smaps_rollup")
    tree.remove("/proc/self/statm")
    assert_equal 41, needed_of("/web")
    assert_equal 91, needed_of("/web", used: 300)
  end

  # Up to there a process has room that has all of the memory.
  def test_the_most_that_may_be_used
    [[128, 0], [512, 0], [512, 1], [4096, 1]].each do |limit, oom_group|
      tree.group_two("/web", used: 10, limit: limit, oom_group: oom_group)
      gauge = HeapDump::Watch::Gauge.new(machine)
      most = gauge.room_up_to
      tree.process(40, private: (most / MIB).floor, as_self: true)
      gauge.refresh
      assert_in_delta (limit * MIB) - most, gauge.headroom.last, 2 * MIB, [limit, oom_group].inspect
    end
  end

  def test_headroom_is_doubled_where_all_are_killed_together
    use(860, oom_group: 1)
    assert_equal [:headroom], refused.first
    use(860, oom_group: 0)
    allowed
  end

  # What is over the limit is not less than nothing.
  def test_headroom_above_the_limit
    use(1100)
    assert_match(/ 0 B of memory are left/, refused.last)
  end

  def test_no_limit_and_no_headroom
    tree.remove("/proc/meminfo")
    tree.group_two("/web", used: 99_000)
    allowed
  end

  def test_a_full_disk
    tree
    machine.disk_is = [false, 1 << 20, 1 << 40]
    keys, words = refused
    assert_equal [:disk], keys
    assert_match(/1\.0 MiB are free for .*heaps, and 1\.\d GiB must be/, words)
  end

  # A disk of any size must have room for the dump, and for others behind it: 1 GiB, of a small disk
  # a twentieth.
  def test_enough_is_enough
    tree
    [[1 << 40, 1 << 30], [64 << 40, 1 << 30], [2 << 30, (2 << 30) / 20]].each do |all, left|
      machine.disk_is = [false, left, all] # and nothing for the dump
      assert_equal [:disk], refused.first
      machine.disk_is = [false, left + (200 << 20), all]
      allowed
      FileUtils.rm_rf(heaps)
    end
  end

  # The estimate is what a dump needs; twice as much must be there.
  def test_a_large_dump
    tree
    machine.slots = 1_000_000_000 # 250 bytes each, compressed 37.5
    machine.disk_is = [false, 69 << 30, 1 << 40]
    assert_match(/69\.0 GiB are free for .*, and 69\.8 GiB must be/, refused(**roomy).last)
    machine.disk_is = [false, 70 << 30, 1 << 40]
    allowed(**roomy)
  end

  def roomy
    { keep: { bytes: 1 << 50 } }
  end

  # Twice as much as the dump will need, by what the last one of this program needed.
  def test_the_estimate_learns
    tree
    watch = allowed
    Dir.glob("#{heaps}/state.json") do |file|
      state = JSON.parse(File.read(file))
      state["dumps"].last.update("bytes" => 1 << 40, "slots" => machine.slots)
      File.write(file, JSON.generate(state))
    end
    assert_equal 1, watch.stats.to_h[:dumps]
    machine.pass(1000)
    keys, words = refused(keep: { bytes: 1 << 50 })
    assert_equal [:disk], keys
    assert_match(/and 2\.0 TiB must be/, words)
  end

  def test_files_that_take_memory
    tree
    machine.disk_is = [true, 100 << 30, 200 << 30]
    keys, words = refused
    assert_equal [:tmpfs], keys
    assert_match(/take memory; name a directory on a disk/, words)
    assert_match(/take memory; .*; nothing will be dumped while it is so\z/, said.first)
  end

  def test_a_disk_that_cannot_be_asked
    tree
    machine.disk_is = Errno::EIO.new
    assert_equal [:directory], refused.first
  end

  def test_a_directory_that_cannot_be_made
    tree
    keys, words = refused(to: File.join(scratch, "a", "b"))
    assert_equal [:directory], keys
    assert_match(%r{/a/b cannot be made: there is no directory .*/a\z}, words)
    assert_match(/nothing will be dumped while it is so/, said.first)
  end

  def test_a_file_instead_of_a_directory
    tree
    File.write(heaps, "")
    assert_equal [:directory], refused.first
  end

  def test_the_directory_of_somebody_else
    skip "only root can give a directory away" unless Process.euid.zero?

    tree
    Dir.mkdir(heaps, 0o700)
    File.chown(65_534, nil, heaps)
    assert_match(/belongs to another user/, refused.last)
  end

  # It is made again when it has gone.
  def test_a_directory_that_is_removed
    watch = engine(cooldown: 20) { |on| on.every seconds: 10 }
    look(watch, 20)
    finish(watch)
    FileUtils.rm_rf(heaps)
    look(watch, 30)
    assert_equal 2, begun.size
    assert_path_exists File.dirname(begun.last.path)
  end

  # While the dump is written.
  def test_a_directory_that_is_removed_meanwhile
    watch = engine { |on| on.every seconds: 10 }
    look(watch, 20)
    FileUtils.rm_rf(heaps)
    begun.last.fail(HeapDump::WriteError.new("cannot write", Errno::ENOENT::Errno, "x"))
    look(watch)
    assert_equal 1, watch.stats.to_h[:failures]
    assert_equal 1, said.grep(/\Ano dump at .*: cannot write \(HeapDump::WriteError\)/).size
    look(watch, 1000)
    assert_equal 2, begun.size
  end

  def test_a_read_only_directory
    skip "root may write anywhere" if Process.euid.zero?

    tree
    Dir.mkdir(heaps, 0o500)
    assert_match(/cannot be written to/, refused.last)
  end

  def test_a_link_instead_of_a_series
    tree
    Dir.mkdir(heaps, 0o700)
    outside = File.join(scratch, "outside")
    Dir.mkdir(outside)
    watch = engine { |on| on.rule(:always) { true } }
    name = watch.instance_variable_get(:@names).directory
    File.symlink(outside, File.join(heaps, name))
    look(watch)
    assert_empty begun
    assert_equal({ directory: 1 }, refusals(watch))
    assert_empty Dir.children(outside)
  end

  def test_no_process_can_be_forked
    tree
    @dumper_fails = HeapDump::Error.new("cannot fork (Resource temporarily unavailable)")
    keys, words = refused
    assert_equal [:fork], keys
    assert_match(/cannot fork/, words)
    assert_empty state["dumps"], "no dump was made"
    @dumper_fails = nil
    allowed
  end

  # The application dumps itself just now: the next look tries again.
  def test_another_dump_of_this_process
    watch = engine { |on| on.rule(:always) { true } }
    @dumper_fails = HeapDump::Busy.new("busy")
    look(watch, 20)
    assert_empty refusals(watch)
    @dumper_fails = nil
    machine.pass(10)
    look(watch)
    assert_equal 1, begun.size
  end

  # Told once, and not tried again for a while.
  def test_a_refusal_is_not_repeated_at_each_look
    watch = engine(cooldown: 100) { |on| on.rule(:always) { true } }
    use(970)
    look(watch, 90)
    assert_equal 1, said.size
    look(watch, 20)
    assert_equal({ headroom: 2 }, refusals(watch))
    use(100)
    look(watch, 100)
    assert_equal 1, begun.size
  end

  # Forked processes go on with the dump of one that was killed, and its lock is free then.
  def test_the_dump_of_a_process_that_was_killed
    watch = engine { |on| on.rule(:always) { true } }
    FileUtils.mkdir_p("#{heaps}/series-web-1-30-x", mode: 0o700)
    File.open("#{heaps}/series-web-1-30-x/a.json.zst.partial-30", "w") do |file|
      file.flock(File::LOCK_EX)
      look(watch, 30)
      assert_empty begun
    end
    look(watch, 10)
    assert_equal 1, begun.size
    assert_empty refusals(watch)
  end

  def test_cooldown
    watch = engine(cooldown: 600) { |on| on.every seconds: 100 }
    look(watch, 100)
    finish(watch)
    look(watch, 480)
    assert_equal 1, begun.size
    withheld = /although it is time: .* seconds: the last dump was \d+ s ago \(cooldown: 600\)/
    assert_equal [1, { cooldown: 1 }], [said.grep(withheld).size, refusals(watch)]
    look(watch, 200)
    assert_equal 2, begun.size
  end

  def test_settle
    watch = engine(settle: 300) { |on| on.rule(:always) { true } }
    look(watch, 290)
    assert_empty begun
    assert_equal "no dump, although its block says so: the watch began 0 s ago (settle: 300)",
                 said.join
    assert_equal({ settle: 1 }, refusals(watch))
    machine.pass(10)
    look(watch)
    assert_equal 1, begun.size
  end

  def test_a_state_that_cannot_be_written
    tree
    FileUtils.mkdir_p([heaps, File.join(heaps, "state.json")], mode: 0o700)
    keys, words = refused
    assert_equal [:state], keys
    assert_match(/nobody could count the dumps/, words)
  end

  # Of a disk that is full when the dump is written down, nothing remains: no dump, no half file, no
  # lock.
  def test_a_disk_that_is_full_suddenly
    watch = engine(cooldown: 10) { |on| on.rule(:always) { true } }
    open = File.method(:open)
    full = lambda do |path, *rest, **options, &block|
      raise Errno::ENOSPC if File.basename(path).match?(/\Astate\.json\.\d/)

      open.call(path, *rest, **options, &block)
    end
    File.stub(:open, full) { look(watch) }
    assert_empty begun
    assert_equal({ directory: 1 }, refusals(watch))
    assert_match(/: the disk is full\z/, said.last)
    assert_empty Dir.glob("#{heaps}/state.json*")
    machine.pass(10)
    look(watch)
    assert_equal 1, begun.size
  end

  # Dumps of the future are of the time before the clock was set back.
  def test_a_clock_that_is_set_back
    strike_often(engine(at_most: 2) { |on| on.every seconds: 1 }, 3)
    assert_equal 2, begun.size
    machine.time -= 10 * 86_400
    watch = engine(at_most: 2) { |on| on.every seconds: 1 }
    strike_often(watch, 3)
    assert_equal 2, begun.size
    machine.pass(2 * 86_400)
    strike_often(watch, 1)
    assert_equal 3, begun.size
  end

  # Where the clock has jumped, nobody knows how old a dump is, so none is too old.
  def test_a_clock_that_jumps_removes_nothing
    strike_often(engine { |on| on.every seconds: 1 }, 2)
    begun.each { |one| File.utime(machine.time, machine.time, one.path) }
    machine.pass(100)
    watch = engine { |on| on.every seconds: 1 }
    machine.time += 20 * 86_400
    strike_often(watch, 2)
    assert_equal 2, Dir.glob("#{heaps}/series-*").size
    strike_often(engine { |on| on.every seconds: 1 }, 2)
    assert_operator Dir.glob("#{heaps}/series-*").size, :<=, 2, "another process takes it as it is"
  end

  # Not even old dumps are removed.
  def test_a_dry_run_removes_nothing
    strike_often(engine { |on| on.every seconds: 1 }, 3)
    before = Dir.glob("#{heaps}/series-*/*")
    watch = engine(dry: true, keep: { files: 1 }) { |on| on.every seconds: 1 }
    machine.pass(20 * 86_400)
    strike_often(watch, 2)
    assert_operator watch.stats.to_h[:dry], :>, 0
    assert_equal before, Dir.glob("#{heaps}/series-*/*")
  end

  def test_dry
    watch = engine(dry: true)
    use(520)
    look(watch, 600)
    use(720)
    look(watch, 600)
    assert_empty begun
    assert_equal 2, watch.stats.to_h[:dry]
    assert_match(/\Adry run: would dump, because memory: 720/, said.last)
    assert_empty Dir.glob("#{heaps}/{series-*,state.json}")
  end

  def test_only
    asked = []
    watch = engine(only: ->(facts) { asked << facts and false }) { |on| on.rule(:always) { true } }
    look(watch, 20)
    assert_empty begun
    assert_equal 3, asked.size
    assert_equal [1, { only: 1 }], [said.grep(/no dump, although .*: only: says no\z/).size,
                                    refusals(watch)]
    assert_equal 40, asked.first.pid
    allowed(only: ->(_) { true })
    look(engine(only: ->(_) { raise "no" }) { |on| on.rule(:always) { true } }, 60)
    assert_empty begun
    assert_equal 1, said.grep(/\Aonly: raised RuntimeError: no; that counts as no\z/).size
  end

  # When it works again, so does the watch.
  def test_only_is_never_switched_off
    broken = true
    only = ->(_) { broken ? raise("no") : true }
    watch = engine(only: only) { |on| on.rule(:always) { true } }
    look(watch, 60)
    broken = false
    look(watch)
    assert_equal [1, []], [begun.size, watch.stats.to_h[:off]]
  end
end
