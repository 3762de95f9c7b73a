# frozen_string_literal: true

require "test_helper"
require "support/fleet"

# Several requests at once: what belongs to one of them is never taken for another one's.
class TestAskParts < HeapDumpTest
  include Fleet

  # The oldest comes first.
  def earlier(**given)
    HeapDump::Asking::Request.make(now: Time.now - 9, **given).tap { |one| bus.publish(one) }
  end

  # Whoever ends gives its place away, and does not reach for one in the next request.
  def test_who_ends_takes_no_other_part
    one = member(41)
    first = earlier(dumps: 2, every: 60)
    second = request
    look_all([one])
    one.engine.close
    assert_equal [[41, "accepted"], [41, "taken"], [41, "left"]], steps(first)
    assert_empty steps(second)
    other = member(42)
    3.times { look_all([other], 70) }
    assert_equal [1, 1], [first, second].map { |one| progress(one).through }
  end

  def test_who_is_not_wanted_takes_no_other_part
    wanted = true
    one = member(41, only: ->(_) { wanted })
    earlier(dumps: 2, every: 60)
    second = request
    look_all([one])
    wanted = false
    2.times { look_all([one], 70) }
    assert_empty steps(second)
    wanted = true
    look_all([one], 70)
    assert_equal [[41, "accepted"], [41, "taken"]], steps(second)
  end

  # The dump that is written when its request is cancelled is not that of the next request, which
  # may have asked for less of the strings.
  def test_cancelled_during_a_dump
    one = member(41, strings: :full)
    first = earlier(dumps: 2, every: 60)
    one.engine.look
    bus.cancel(first.id)
    second = request(strings: "none")
    2.times { one.engine.look }
    assert_equal [[41, "accepted"], [41, "cancelled"]], steps(first)
    assert_equal [[41, "accepted"]], steps(second)
    one.begun.last.finish
    look_all([one])
    assert_equal [[41, "accepted"], [41, "cancelled"], [41, "taken"]], steps(first)
    assert_equal [[41, "accepted"], [41, "taken"]], steps(second)
    assert_equal(%i[full none], one.begun.map { |pending| pending.options[:strings] })
    assert_equal one.begun.last.path, bus.steps(second.id).last["path"]
    assert progress(first).ended?(Time.now), "the command does not wait for the rest"
  end

  # As before, but nobody may have what the next one asks for.
  def test_refused_during_a_dump
    one = member(41)
    first = earlier
    one.engine.look
    bus.cancel(first.id)
    second = request(strings: "full")
    2.times { one.engine.look }
    one.begun.last.finish
    look_all([one])
    assert_equal [[41, "accepted"], [41, "refused"]], steps(second)
    assert_equal [41, "taken"], steps(first).last
  end

  # As a courier may do it between two looks of the watch.
  def test_tracing_for_one_request_is_not_for_the_next
    one = member(41)
    first = earlier(trace: 30)
    one.engine.look
    assert_predicate HeapDump::Asking::Tracing, :on?
    bus.cancel(first.id)
    second = request(dumps: 2)
    desk = one.engine.instance_variable_get(:@rules).first.instance_variable_get(:@desk)
    2.times { desk.exchange }
    one.engine.look
    refute_predicate HeapDump::Asking::Tracing, :on?
    assert_equal [[41, "accepted"]], steps(second)
  ensure
    one.engine.stop
  end

  # Of a bus that is down for days. Places become free all the same, and the log says that the rest
  # is lost.
  def test_more_steps_than_are_kept
    asked = request
    who = HeapDump::Asking::Who.new(app: "a", host: "h", pid: 7, life: "x")
    own = HeapDump::Asking::Address.parse(address).bus
    desk = HeapDump::Asking::Desk.new(own, who, HeapDump::Watch::Voice.new(log))
    desk.exchange
    part = desk.part
    300.times { desk.tell(part, :refused, words: "no") }
    desk.tell(part, :left, words: "it ends", ends: true, frees: true)
    assert_equal ["200 steps wait for #{address}; until they are told, whoever asked learns " \
                  "nothing more"], said
    desk.exchange
    assert_equal 201, steps(asked).size
    refute_path_exists "#{store}/asks/#{asked.id}/place-1"
    look_all([member(41)])
    assert_equal 1, progress(asked).through
  end

  # Ends in the moment in which it takes a place.
  def test_a_place_that_comes_too_late
    asked = request
    who = HeapDump::Asking::Who.new(app: "a", host: "h", pid: 7, life: "x")
    slow = HeapDump::Asking::Address.parse(address).bus
    desk = HeapDump::Asking::Desk.new(slow, who, HeapDump::Watch::Voice.new(log))
    slow.define_singleton_method(:claim) { |*given| super(*given).tap { desk.stop("it ends") } }
    desk.exchange
    assert_nil desk.part
    assert_equal [[7, "accepted"], [7, "left"]], steps(asked)
    look_all([member(41)])
    assert_equal 1, progress(asked).through
  end
end
