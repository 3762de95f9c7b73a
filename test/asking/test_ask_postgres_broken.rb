# frozen_string_literal: true

require "socket"
require "test_helper"
require "support/fleet_over_postgres"
require "support/pgbouncer"

# What may go wrong between a fleet and PostgreSQL.
class TestAskPostgresBroken < HeapDumpTest
  include FleetOverPostgres

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

  # The next connection listens, too.
  def test_a_connection_that_breaks
    @server.run do
      one, = members(41)
      one.engine.look
      wait_until("it listens") { backends.any? }
      before = backends
      cut(one)
      wait_until("another connection") { (backends - before).any? }
      # a look without a notification is 30 s away
      wait_until("the bell rings") { request && IO.select(one.engine.bells, nil, nil, 1) }
    end
  end

  # As a proxy or a firewall does it that ends what is idle.
  def cut(member)
    fleet = member.engine.instance_variable_get(:@rules).first
    connection = fleet.instance_variable_get(:@bus).instance_variable_get(:@connection)
    socket = BasicSocket.for_fd(connection.socket)
    socket.autoclose = false
    socket.shutdown
  end

  # Connections that have looked for requests.
  def backends
    bus.send(:query, "SELECT pid FROM pg_stat_activity WHERE application_name = 'heapdump' AND " \
                     "state = 'idle' AND query LIKE '%heapdump_asks%' AND " \
                     "pid <> pg_backend_pid()").map { |row| row["pid"] }
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

  # The clocks of hosts may differ by hours.
  def test_a_clock_that_is_wrong
    @server.run do
      one, = members(41)
      late = HeapDump::Asking::Request.make(now: Time.now - 7200)
      early = HeapDump::Asking::Request.make(now: Time.now + 7200, payload: "\u20AC")
      [late, early].each { |asked| bus.publish(asked) }
      look_until("both", [one]) { one.begun.size == 2 }
      bus.send(:query, "UPDATE heapdump_asks SET until = until - 3601")
      assert_empty bus.open(Time)
    end
  end

  # Texts that are no requests of ours are not even fetched.
  def test_a_huge_request
    @server.run do
      asked = request
      bus.send(:query, "INSERT INTO heapdump_asks SELECT 'aaaaaa1', 1, until, ends, body || " \
                       "repeat(' ', 70000) FROM heapdump_asks")
      assert_equal [asked.id], bus.open(Time).map(&:id)
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

  # Notifications are lost there, which it notices; it looks at the tables instead.
  def test_behind_a_pooler
    skip "SKIPPED: no PgBouncer here (apt-get install pgbouncer)" unless Pgbouncer.program
    looking_each(1) do
      @server.run do
        pooler = Pgbouncer.new("#{scratch}/pooler", @server)
        pooler.run do
          one, = members(41, ask: pooler.url)
          one.engine.look
          wait_until("it is told") { said.any? }
          assert_match(/\Anotifications of postgres:.* do not arrive here, as behind a pooler/,
                       said[0])
          asked = request(dumps: 2, every: 1)
          look_until("two dumps", [one], 2) { progress(asked).taken == 2 }
          assert_equal 1, said.grep(/notifications|nobody/).size
          one.engine.stop
          @bus.close
        end
      end
    end
  end

  # So many seconds instead of 30.
  def looking_each(seconds)
    bus = HeapDump::Asking::PostgresBus
    before = bus.send(:remove_const, :POLL)
    bus.const_set(:POLL, seconds)
    yield
  ensure
    bus.send(:remove_const, :POLL)
    bus.const_set(:POLL, before)
  end

  def backend
    bus.send(:query, "SELECT pg_backend_pid() AS pid").first["pid"]
  end
end
