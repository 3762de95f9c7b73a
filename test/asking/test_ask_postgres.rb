# frozen_string_literal: true

require "test_helper"
require "support/command_line"
require "support/fleet"
require "support/postgres"

# A fleet that is asked over PostgreSQL. Each process has a thread and a connection of its own.
class TestAskPostgres < HeapDumpTest
  include CommandLine
  include Fleet

  def setup
    super
    skip "SKIPPED: no PostgreSQL here (apt-get install postgresql)" unless Postgres.programs
    begin
      require "pg"
    rescue LoadError
      skip "SKIPPED: no gem pg here"
    end
    File.chmod(0o755, scratch) # the server runs as a user of its own
    @server = Postgres.new("#{scratch}/postgres")
    @members = []
  end

  def teardown
    @members&.each { |one| one.engine.stop }
    @bus&.close
    ENV.delete("HEAPDUMP_ASK")
    super
  end

  def address
    @server.url
  end

  def members(*pids, **options)
    pids.map { |pid| member(pid, **options) }.tap { |made| @members.concat(made) }
  end

  # Lets all look until the block is true.
  def look_until(what, all, seconds = 0)
    wait_until(what) do
      look_all(all, seconds)
      yield
    end
  end

  # The block is run while the server runs.
  def test_a_fleet
    @server.run do
      all = members(41, 42, 43, 44)
      all.push(*members(45, dry: true))
      asked = request(count: 2, dumps: 2, every: 60, payload: "incident 7")
      look_until("done", all, 10) { progress(asked).state(Time.now) == "done" }
      5.times { look_all(all, 100) }
      assert_equal 4, all.sum { |one| one.begun.size }
      assert_equal 2, progress(asked).through
      late = request(pid: 45)
      look_until("refused", all) { progress(late).refused == 1 }
      assert_equal [[45, "accepted"], [45, "refused"]], steps(late)
      cancelled = request(dumps: 2, pid: 41)
      look_until("taken", all) { progress(cancelled).taken == 1 }
      assert_equal cancelled.id, bus.cancel(cancelled.id)
      look_until("cancelled", all) { steps(cancelled).last == [41, "cancelled"] }
      assert_nil bus.cancel("abcdef0")
      assert_empty said.grep(/nobody|notifications/)
    end
  end

  # A notification wakes it, long before it would look at the tables again.
  def test_at_once
    @server.run do
      one, = members(41)
      one.engine.look
      sleep 0.3 # it listens, and has looked
      began = Process.clock_gettime(Process::CLOCK_MONOTONIC)
      request
      assert IO.select(one.engine.bells, nil, nil, 20), "the bell rings"
      assert_operator Process.clock_gettime(Process::CLOCK_MONOTONIC) - began, :<, 15
      one.engine.look
      assert_equal 1, one.begun.size
    end
  end

  # Told once. What it had to tell arrives when the server is there again.
  def test_a_server_that_is_restarted
    asked = one = nil
    @server.run do
      one, = members(41)
      one.engine.look
      asked = request
      look_until("a dump", []) { one.engine.look || one.begun.any? }
      @bus.close
    end
    one.begun.last.finish
    one.engine.look
    wait_until("it is told") { said.grep(/nobody can ask for dumps by postgres:/).any? }
    sleep 1.2 # another try
    @server.run do
      @bus = nil
      wait_until("it is back") { said.grep(/can be asked for by postgres:.* again/).any? }
      wait_until("the answer") { progress(asked).taken == 1 }
      again = request
      look_until("a dump", [one]) { progress(again).taken == 1 }
      @members.each { |member| member.engine.stop }
      @members.clear
      @bus.close
    end
    assert_equal 1, said.grep(/nobody can ask/).size
  end

  def test_a_server_that_is_not_there
    one, = members(41, ask: "postgres://user:topsecret@127.0.0.1:9/ops")
    one.engine.look
    wait_until("it is told") { said.any? }
    3.times { look_all([one], 10) }
    assert_equal 1, said.size
    assert_match(%r{\Anobody can ask for dumps by postgres://127\.0\.0\.1:9/ops: .*; it is},
                 said[0])
    refute_match(/topsecret/, [said, one.engine.inspect].join)
  end

  def test_claims_of_many_at_the_same_time
    @server.run do
      asked = request(count: 3)
      go = Queue.new
      threads = Array.new(8) do |number|
        Thread.new do
          own = HeapDump::Asking::Address.parse(address).bus
          own.open(Time.now) # it is connected
          go.pop
          who = HeapDump::Asking::Who.new(host: "h", pid: number, life: "x")
          places = Array.new(2) { own.claim(asked, who) } # the first answer may have been lost
          own.close
          places
        end
      end
      8.times { go << true }
      places = threads.map(&:value)
      assert_equal [1, 2, 3], places.map(&:first).compact.sort
      assert_equal places.map(&:first), places.map(&:last)
    end
  end

  # What a child does at its end must not end the parent's connection.
  def test_a_forked_child
    @server.run do
      request
      before = backend
      Process.wait(fork do
        bus.forget
        GC.start
        exit
      end)
      assert_equal before, backend
    end
  end

  def backend
    bus.send(:query, "SELECT pg_backend_pid() AS pid").first["pid"]
  end

  def test_the_command
    @server.run do
      ENV["HEAPDUMP_ASK"] = address
      assert_match(/nothing was asked for by postgres:/, heapdump!("ask", "--list").out)
      code = <<~'RUBY'
        require "heapdump"
        HeapDump::Watch::Machine.define_method(:disk) { |_| [false, 1 << 40, 1 << 41] }
        HeapDump.watch(to: ARGV[0]) { |on| }
        child = fork { sleep }
        system(*ARGV.drop(1), exception: true)
        Process.kill(:KILL, child)
      RUBY
      outcome = Child.ruby!(code, "#{scratch}/heaps",
                            *command("ask"), gems: true)
      assert_match(/1 of 1 taken: /, outcome.out)
      assert_equal 1, Dir.glob("#{scratch}/heaps/series-*/*.manifest.json").size
      assert_match(/ done /, heapdump!("ask", "--list").out)
    end
  end
end
