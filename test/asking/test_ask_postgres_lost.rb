# frozen_string_literal: true

require "socket"
require "test_helper"
require "support/fleet_over_postgres"

# Connections to PostgreSQL that end or hang.
class TestAskPostgresLost < HeapDumpTest
  include FleetOverPostgres

  # As by a proxy, without a word of the server. It listens on the next connection, too, and does
  # not only look each 30 seconds.
  def test_a_connection_that_ends
    @server.run do
      one, = members(41)
      one.engine.look
      own = one.engine.instance_variable_get(:@rules).first.instance_variable_get(:@bus)
      connection = -> { own.instance_variable_get(:@connection) }
      wait_until("it listens") { connection.call && !own.new? }
      sleep 1 # and waits
      before = connection.call
      BasicSocket.for_fd(before.socket_io.fileno).tap { |io| io.autoclose = false }.shutdown
      wait_until("another one") { connection.call && !connection.call.equal?(before) }
      sleep 3
      asked = request
      assert IO.select(one.engine.bells, nil, nil, 15), "the bell rings"
      look_until("a dump", [one]) { progress(asked).taken == 1 }
    end
  end

  # The connection ends also if the server does not answer.
  def test_a_server_that_hangs
    @server.run do
      one, = members(41)
      one.engine.look
      rule = one.engine.instance_variable_get(:@rules).first
      own = rule.instance_variable_get(:@bus)
      wait_until("it listens") { own.instance_variable_get(:@connection) }
      sleep 0.5
      own.define_singleton_method(:cancelled?) { |_| query("SELECT pg_sleep(60)") }
      own.define_singleton_method(:open) { |_| query("SELECT pg_sleep(60)") }
      request # wakes it
      sleep 1
      connection = own.instance_variable_get(:@connection)
      began = Process.clock_gettime(Process::CLOCK_MONOTONIC)
      one.engine.close
      assert_operator Process.clock_gettime(Process::CLOCK_MONOTONIC) - began, :<, 10
      assert_predicate connection, :finished?
    end
  end
end
