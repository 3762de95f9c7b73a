# frozen_string_literal: true

require "test_helper"
require "support/served_dumps"

# Servers keep their own signals, and whatever they fork or start anew has the trigger again.
class TestServersSignals < HeapDumpTest
  include ServedDumps

  SINGLE = PUMA.sub("workers 2", "workers 0")

  def test_the_master_restarts_at_usr2
    serve("puma", PUMA) do |server|
      before = server.workers(2)
      assert_nil Processes.marker(server.pid)
      Process.kill(:USR2, server.pid)
      after = replaced(server, before)
      assert_match(/Restarting/, server.log)
      assert_dumps(server, after.first)
    end
  end

  # What of the master's is there acts for the master, on pipes that they share.
  def test_workers_do_not_call_the_handler_of_the_master
    of_the_master = "before_fork { trap('USR2') { warn 'master' } }"
    serve("puma", PUMA + of_the_master) do |server|
      server.workers(2).each { |pid| assert_dumps(server, pid) }
      refute_match(/^master/, server.log)
      Process.kill(:USR2, server.pid)
      server.logged(/^master/)
    end
  end

  def test_a_phased_restart
    serve("puma", PUMA.sub("workers 2", "workers 2\npreload_app! false")) do |server|
      before = server.workers(2)
      Process.kill(:USR1, server.pid)
      assert_dumps(server, replaced(server, before).last)
    end
  end

  def test_workers_forked_by_a_worker
    serve("puma", "#{PUMA}fork_worker") do |server|
      [0, 1].each do |number|
        pid = server.logged(/Worker #{number} \(PID: (\d+)\) booted/)[1].to_i
        assert_equal marker("USR2"), Processes.marker(pid)
        assert_dumps(server, pid)
      end
    end
  end

  # Here Puma itself restarts at USR2.
  def test_a_single_puma
    serve("puma", SINGLE) do |server|
      server.answers
      assert_match(/^heapdump: Puma itself uses SIGUSR2 .*choose another/, server.log)
      assert_nil Processes.marker(server.pid)
    end
  end

  def test_a_single_puma_with_another_signal
    serve("puma", "#{SINGLE}heapdump signal: 'URG', strings: :none") do |server|
      server.logged(/Use Ctrl-C/)
      server.wait_for("a trigger") { Processes.marker(server.pid) == marker("URG") }
      assert_dumps(server, server.pid, signal: "URG")
      assert_equal "#{server.pid}\n", server.answers
    end
  end

  def test_what_puma_is_told_wrong_comes_up_at_once
    { "heapdump signal: 'TERM'" => /a server needs SIGTERM itself/,
      "heapdump path: '/tmp/%%{worker}'" => /unknown pattern %\{worker\}/,
      "heapdump string: :none" => /unknown keyword: :string/ }.each do |line, complaint|
      error = assert_raises(Server::Failed) do
        Server.new(scratch, "puma", PUMA + line, env: environment).answers
      end
      assert_match complaint, error.message
    end
  end

  # Workers that are not those of before.
  def replaced(server, before)
    server.wait_for("new workers") do
      workers = server.workers(2)
      workers unless workers.intersect?(before)
    end
  end

  def marker(signal)
    "heapdump:#{signal}:#{dumps}/heap-%{pid}-%{time}#{json}"
  end
end
