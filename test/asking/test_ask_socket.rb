# frozen_string_literal: true

require "test_helper"
require "support/fleet"

# A directory with a socket for each process, so that they look at once.
class TestAskSocket < HeapDumpTest
  include Fleet

  def address
    "socket:#{store}"
  end

  def sockets
    Dir.glob("#{store}/asks/*.sock")
  end

  def member(...)
    super.tap { |one| (@members ||= []) << one }
  end

  def teardown
    @members&.each { |one| one.engine.stop }
    super
  end

  def test_at_once
    members = [member(41), member(42)]
    look_all(members)
    bells = members.flat_map { |one| one.engine.bells }
    assert_equal 2, bells.size
    assert_nil IO.select(bells, nil, nil, 0)
    asked = request(count: 2)
    assert_equal bells, IO.select(bells, nil, nil, 10).first
    look_all(members)
    assert_equal 2, progress(asked).through
    assert_nil IO.select(bells, nil, nil, 0)
    bus.cancel(asked.id)
    assert_equal bells, IO.select(bells, nil, nil, 10).first
  end

  def test_only_its_user_can_reach_it
    look_all([member(41)])
    assert_equal [0o600], sockets.map { |path| File.stat(path).mode & 0o777 }
    assert_equal 0o700, File.stat("#{store}/asks").mode & 0o777
  end

  def test_sockets_go_with_their_processes
    one = member(41)
    look_all([one])
    assert_equal 1, sockets.size
    one.engine.stop
    assert_empty sockets
    UNIXServer.new("#{store}/asks/ask-00000000.sock").close # of a process that was killed
    request
    assert_empty sockets
  end

  # Nothing spins, although nobody may dump here and a rule has failed.
  def test_the_bell_is_silenced_where_nothing_is_wanted
    one = member(41, only: ->(_) { false })
    look_all([one])
    request
    look_all([one])
    assert_nil IO.select(one.engine.bells, nil, nil, 0)
    assert_empty one.begun
  end

  # The child has a socket of its own, and leaves the parent's alone.
  def test_a_forked_child
    one = member(41)
    look_all([one])
    Process.wait(fork do
      one.engine.forget
      exit!
    end)
    assert_equal 1, sockets.size
    request
    assert IO.select(one.engine.bells, nil, nil, 10)
  end

  # Those that have no sockets hear of it, too, and nobody takes two parts.
  def test_the_same_directory_as_a_file
    members = [member(41), member(42, ask: "file:#{store}")]
    asked = request(count: 5)
    look_all(members)
    assert_equal [41, 42], steps(asked).select { |step| step.last == "accepted" }.map(&:first)
    on = HeapDump::Watch::On.new(store)
    on.usual
    on.ask(address)
    fleets = on.rules.grep(HeapDump::Watch::Rules::Fleet)
    assert_equal([address], fleets.map { |rule| rule.address.to_s })
  end
end
