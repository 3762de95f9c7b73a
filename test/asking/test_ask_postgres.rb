# frozen_string_literal: true

require "test_helper"
require "support/command_line"
require "support/fleet_over_postgres"

# A fleet that is asked over PostgreSQL. Each process has a thread and a connection of its own.
class TestAskPostgres < HeapDumpTest
  include CommandLine
  include FleetOverPostgres

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

  # None of them finds tables there.
  def test_first_questions_at_the_same_time
    @server.run do
      3.times do
        %w[heapdump_ask_steps heapdump_ask_places heapdump_asks].each do |table|
          bus.send(:query, "DROP TABLE IF EXISTS #{table}")
        end
        buses = Array.new(8) { HeapDump::Asking::Address.parse(address).bus }
        buses.each { |one| one.open(Time.now) } # they are connected
        threads = buses.map do |one|
          Thread.new { one.publish(HeapDump::Asking::Request.make).then { one.close } }
        end
        threads.each(&:join)
        assert_equal 8, bus.all.size
      end
    end
  end

  # They have a place without a sign of life.
  def test_tables_of_an_older_version
    @server.run do
      before = request
      bus.send(:query, "ALTER TABLE heapdump_ask_places DROP COLUMN seen")
      bus.send(:query, "INSERT INTO heapdump_ask_places VALUES ('#{before.id}', 1, 'old')")
      asked = request
      who, other = [1, 2].map { |pid| HeapDump::Asking::Who.new(host: "h", pid: pid, life: "x") }
      assert_nil bus.claim(before, who)
      assert_equal 1, bus.claim(asked, who)
      assert bus.renewed?(asked.id, 1, who)
      assert_nil bus.claim(asked, other)
    end
  end

  # Of a process that was killed, after its time.
  def test_a_place_that_lapses
    @server.run do
      asked = request(dumps: 2)
      killed, other, third = (1..3).map do |pid|
        HeapDump::Asking::Who.new(host: "h", pid: pid, life: "x")
      end
      assert_equal 1, bus.claim(asked, killed)
      assert bus.renewed?(asked.id, 1, killed)
      assert_nil bus.claim(asked, other)
      age(HeapDump::Asking::Lease::TIME - 5)
      assert_nil bus.claim(asked, other)
      age(10)
      assert_equal 1, bus.claim(asked, other)
      refute bus.renewed?(asked.id, 1, killed)
      bus.keep(asked.id, 1, killed)
      bus.keep(asked.id, 1, other)
      age(10_000)
      assert_nil bus.claim(asked, third)
    end
  end

  # All processes look on for an hour, and do not keep the server busy with it.
  def test_a_look_at_places_that_are_taken
    @server.run do
      asked = request(count: 9)
      whos = (1..10).map { |pid| HeapDump::Asking::Who.new(host: "h", pid: pid, life: "x") }
      assert_equal (1..9).to_a, whos.first(9).map { |who| bus.claim(asked, who) }
      assert_equal 4, bus.claim(asked, whos[3])
      rows = -> { bus.send(:query, "SELECT ctid, xmax, * FROM heapdump_ask_places ORDER BY place") }
      before = rows.call
      assert_nil bus.claim(asked, whos.last)
      assert_equal before, rows.call
    end
  end

  def age(seconds)
    bus.send(:query, "UPDATE heapdump_ask_places SET seen = seen - #{seconds}")
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

  # Its courier, which looks by itself, takes no part.
  def test_who_is_not_wanted
    @server.run do
      wanted = false
      one, = members(41, only: ->(_) { wanted })
      one.engine.look
      sleep 0.5
      asked = request
      sleep 1
      one.engine.look
      assert_empty steps(asked)
      wanted = true
      look_until("a dump", [one]) { progress(asked).taken == 1 }
    end
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
