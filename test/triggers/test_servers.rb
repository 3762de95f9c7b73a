# frozen_string_literal: true

require "test_helper"
require "support/served_dumps"

# Workers signalled while they serve: every dump is whole, and nobody notices.
class TestServers < HeapDumpTest
  include ServedDumps

  ROUNDS = LongForm.or_quick(10, 4)

  def test_puma
    serve("puma", PUMA) { |server| assert_unnoticed(server) }
  end

  def test_unicorn
    skip_without_unicorn
    serve("unicorn", UNICORN) { |server| assert_unnoticed(server) }
  end

  def test_pitchfork
    serve("pitchfork", PITCHFORK) { |server| assert_unnoticed(server, master_reaps: true) }
  end

  def assert_unnoticed(server, master_reaps: false)
    workers = server.workers(2)
    processes = [server.pid, *workers]
    warm_up(server, workers)
    before = processes.to_h { |pid| [pid, Processes.descriptors(pid)] }

    load = Load.new(server)
    ROUNDS.times { workers.each { |pid| assert_dumps(server, pid) } }
    load.stop

    assert_none Array.new(load.failures.size) { load.failures.pop }, "requests failed"
    assert_equal workers.map { |pid| "#{pid}\n" }, load.answers.keys.sort
    assert_equal workers, server.workers(2), "workers were restarted"
    assert_empty processes.flat_map { |pid| Processes.zombies(pid) }
    assert_empty(workers.flat_map { |pid| Processes.children(pid) })
    before.each { |pid, fds| refute_more_descriptors(server, pid, fds) }
    refute_match(/reaped unknown|Out-of-sync/, server.log) unless master_reaps
    assert_equal 2 * ROUNDS * workers.size, server.log.scan(/^heapdump: SIGUSR2: dump/).size
  end

  # Whatever a server opens at its first requests is open then.
  def warm_up(server, workers)
    load = Load.new(server)
    seen = []
    server.wait_for("answers of all workers") do
      seen |= load.answers.keys
      seen.size == workers.size
    end
    load.stop
    assert_none Array.new(load.failures.size) { load.failures.pop }, "requests failed"
  end

  # Connections close a little after the last answer. A server's own pipes may go with a GC.
  def refute_more_descriptors(server, pid, before)
    more = nil
    server.wait_for("no more descriptors than before") do
      more = Processes.descriptors(pid).tally.select { |what, n| n > before.count(what) }
      more.empty?
    end
  rescue Server::Failed
    flunk "process #{pid} has more descriptors than before: #{more}"
  end
end
