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

  # It may be that of another user.
  def test_a_dead_socket_that_cannot_be_removed
    look_all([member(41)])
    UNIXServer.new("#{store}/asks/ask-00000000.sock").close
    code = <<~'RUBY'
      require "heapdump"
      require "heapdump/asking"
      File.define_singleton_method(:unlink) { |*| raise(Errno::EPERM) }
      bus = HeapDump::Asking::Address.parse("socket:#{ARGV[0]}").bus
      bus.publish(HeapDump::Asking::Request.make)
      print bus.all.size
    RUBY
    assert_equal "1", Child.ruby!(code, store).out
  end

  # As one that is mounted later, or was removed.
  def test_a_directory_that_comes_later
    one = member(41, ask: "socket:#{store}/later")
    2.times { look_all([one]) }
    assert_equal 1, said.grep(/nobody can ask for dumps by socket:.*no such dir/).size
    2.times do
      Dir.mkdir("#{store}/later")
      look_all([one])
      later = HeapDump::Asking::Address.parse("socket:#{store}/later").bus
      later.publish(asked = HeapDump::Asking::Request.make)
      assert IO.select(one.engine.bells, nil, nil, 10)
      look_all([one])
      assert_equal "taken", later.steps(asked.id).last["state"]
      FileUtils.rm_rf("#{store}/later")
      look_all([one])
    end
  end

  # Whoever connects cannot make the watch look more often than each second; it does not spin where
  # a connection cannot be taken, as there are too many open files.
  def test_a_connection_for_which_there_is_no_descriptor
    code = <<~'RUBY'
      require "heapdump"
      require "socket"
      watch = HeapDump.watch(to: "#{ARGV[0]}/heaps", ask: "socket:#{ARGV[0]}") { |on| }
      sleep 0.02 until (path = Dir["#{ARGV[0]}/asks/*.sock"].first)
      sleep 0.1
      peer = UNIXSocket.new(path)
      sleep 0.1
      Process.setrlimit(:NOFILE, 40)
      files = []
      begin
        loop { files << File.open("/dev/null") }
      rescue Errno::EMFILE
        files.pop.close
      end
      other = UNIXSocket.new(path)
      looks = watch.stats[:looks]
      sleep 1.5
      print watch.stats[:looks] - looks
    RUBY
    assert_includes 1..2, Integer(Child.ruby!(code, store).out)
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
