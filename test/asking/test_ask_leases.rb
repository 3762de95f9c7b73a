# frozen_string_literal: true

require "test_helper"
require "minitest/mock"
require "support/fleet"

# Places of processes that were killed, or of which nobody hears for another reason: another process
# gets them, and never are there more dumps at a time than were asked for.
class TestAskLeases < HeapDumpTest
  include Fleet

  TIME = HeapDump::Asking::Lease::TIME
  FRESH = HeapDump::Asking::Lease::FRESH

  # Lets time pass for all leases.
  def pass(seconds)
    @passed = @passed.to_f + seconds
  end

  def in_time(&)
    clock = HeapDump::Asking::Lease.method(:now)
    HeapDump::Asking::Lease.stub(:now, -> { clock.call + @passed.to_f }, &)
  end

  # A dump that was begun with the last sign of life has ended before.
  def test_a_lease_outlasts_a_dump
    usual = 600 # of timeout:, see HeapDump.dump
    assert_operator TIME, :>=, FRESH + usual + HeapDump::Pending.const_get(:GRACE)
  end

  def test_the_place_of_a_process_that_was_killed
    in_time do
      killed = member(41)
      other = member(42)
      asked = request(dumps: 2, every: 60)
      look_all([killed])
      look_all([other])
      [TIME - 60, 50].each do |seconds|
        pass(seconds)
        look_all([other])
        assert_empty other.begun
      end
      pass(20)
      2.times { look_all([other], 70) }
      assert_equal 2, other.begun.size
      assert_equal "done", progress(asked).state(Time.now)
    end
  end

  # Nobody waits for it any more.
  def test_who_has_lost_its_place_is_not_under_way
    steps = [[41, 100], [42, 100 + TIME]].map do |pid, time|
      { "state" => "accepted", "place" => 1, "host" => "h", "pid" => pid, "life" => "x",
        "time" => time, "n" => 1 }
    end
    asked = HeapDump::Asking::Request.make
    assert_equal 1, HeapDump::Asking::Progress.new(asked, steps, false).under_way
    assert_equal 1, HeapDump::Asking::Progress.new(asked, steps.first(1), false).under_way
  end

  # It has ended all that was asked of it, and needs no sign of life any more.
  def test_a_place_that_is_done_with
    in_time do
      one = member(41)
      other = member(42)
      asked = request
      look_all([one, other])
      3.times do
        pass(TIME)
        look_all([other])
      end
      assert_equal [1, 0], [one.begun.size, other.begun.size]
      assert_equal "done", progress(asked).state(Time.now)
    end
  end

  # As one that was stopped, or whose machine slept: it does not go on where another one has begun.
  def test_a_process_that_comes_back
    in_time do
      stopped = member(41)
      other = member(42)
      asked = request(dumps: 3, every: 60)
      look_all([stopped, other])
      pass(TIME + 1)
      look_all([other]) # has seen it for the first time
      pass(TIME + 1)
      look_all([other])
      look_all([stopped], 70)
      assert_equal [1, 1], [stopped.begun.size, other.begun.size]
      assert_equal [41, "left"], steps(asked).find { |step| step.last == "left" }
      assert_match(/another process has its place/,
                   bus.steps(asked.id).find { |step| step["state"] == "left" }["words"])
      2.times { look_all([stopped, other], 70) }
      assert_equal [1, 3], [stopped.begun.size, other.begun.size]
    end
  end

  def test_signs_of_life_keep_a_place
    in_time do
      slow = member(41)
      other = member(42)
      request(dumps: 2, every: 3600)
      look_all([slow])
      20.times do
        pass(TIME / 2)
        slow.engine.look
        other.engine.look
      end
      assert_empty other.begun
    end
  end

  # Its bus has been down for so long that the place may be another one's by now.
  def test_who_is_not_sure_begins_no_dump
    in_time do
      one = member(41)
      request(dumps: 2, every: 60)
      look_all([one])
      own = own_bus(one)
      own.define_singleton_method(:cancelled?) { |_| raise HeapDump::Asking::Down, "gone" }
      pass(FRESH)
      look_all([one], 70)
      assert_equal 1, one.begun.size
      own.singleton_class.send(:remove_method, :cancelled?)
      look_all([one])
      assert_equal 2, one.begun.size
    end
  end

  # Nothing can be told then, but who has a place is there, and what it has made is not made again.
  def test_a_full_disk
    in_time do
      [1, 3].each do |dumps|
        one = member(40 + dumps)
        other = member(50 + dumps)
        own_bus(one).define_singleton_method(:tell) { |*| raise Errno::ENOSPC }
        asked = request(dumps: dumps, every: 60)
        8.times do
          pass(TIME / 4)
          look_all([one, other], 60)
        end
        assert_equal [dumps, 0], [one.begun.size, other.begun.size], asked.id
      end
    end
  end

  def own_bus(member)
    member.engine.look # it has one then
    member.engine.instance_variable_get(:@rules).first.instance_variable_get(:@bus)
  end

  WAIT = 0.9

  # Forty processes want three places; who gets one is killed soon. Nobody has a place before the
  # last sign of life of who had it is so old as it must be, however slow the machine is.
  def test_many_processes_that_are_killed
    asked = request(count: 3)
    with_leases(WAIT) do
      pids = Array.new(40) { |number| fork { compete(asked, number) } }
      kill_holders(pids, 9)
    ensure
      pids.each { |pid| Process.kill(:KILL, pid) }.each { |pid| Process.wait(pid) }
    end
    signs.group_by(&:first).each_value do |of_place|
      of_place.sort_by(&:last).each_cons(2) do |before, after|
        assert_operator after[3] - before[2], :>=, WAIT unless before[1] == after[1]
      end
    end
    assert_equal %w[1 2 3], signs.map(&:first).uniq.sort
    assert_operator signs.map { |sign| sign[1] }.uniq.size, :>=, 9
  end

  # Seconds, instead of minutes.
  def with_leases(seconds)
    lease = HeapDump::Asking::Lease
    lease.send(:remove_const, :TIME)
    lease.const_set(:TIME, seconds)
    yield
  ensure
    lease.send(:remove_const, :TIME)
    lease.const_set(:TIME, TIME)
  end

  def kill_holders(pids, number)
    killed = []
    wait_until("#{number} had a place") do
      sleep 0.1
      victim = (signs.map { |sign| sign[1].to_i } & pids).sample
      killed << pids.delete(victim) if victim && Process.kill(:KILL, victim) && Process.wait(victim)
      killed.size >= number
    end
  end

  # Each sign of life: the place, who gave it, when it was begun, and when it was over.
  def signs
    lines = Dir.glob("#{scratch}/signs-*").flat_map { |path| File.readlines(path, chomp: true) }
    whole = lines.map(&:split).select { |sign| sign.size == 4 }
    whole.map { |place, pid, *times| [place, pid, *times.map(&:to_f)] }
  end

  def compete(asked, number)
    own = HeapDump::Asking::Address.parse(address).bus
    who = HeapDump::Asking::Who.new(host: "h", pid: number, life: "x")
    place = nil
    File.open("#{scratch}/signs-#{Process.pid}", "w") do |file|
      file.sync = true
      loop do
        began = HeapDump::Asking::Lease.now
        place = own.claim(asked, who) unless place && own.renewed?(asked.id, place, who)
        times = format("%.6f %.6f", began, HeapDump::Asking::Lease.now)
        file.write("#{place} #{Process.pid} #{times}\n") if place
        sleep 0.2 + (0.2 * rand)
      end
    end
  end
end
