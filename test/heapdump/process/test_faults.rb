# frozen_string_literal: true

require "test_helper"
require "socket"
require "support/postgres"

# Things break while the heap is dumped: the application lives, the file is whole or absent, and the
# next dump works.
#
# ROUNDS  how many dumps are killed (default 20)
class TestFaults < HeapDumpTest
  ROUNDS = Integer(ENV.fetch("ROUNDS", "20"))

  def path
    File.join(scratch, "heap.json")
  end

  # Runs code in an application with some heap; returns the lines that it prints.
  def app(code, *arguments, **options)
    prelude = "require 'support/faults'; Faults.begin(ARGV[0])\n"
    Child.ruby!(prelude + code, path, *arguments, timeout: 120, **options).out.lines(chomp: true)
  end

  # Whichever process, whenever.
  def test_killed_at_random_times
    counts = app(<<~'RUBY', ROUNDS.to_s, timeout: 60 + (ROUNDS * 3)).to_h { |l| l.split(": ") }
      start = Faults.now
      Faults.dump_async.result
      duration = Faults.now - start
      counts = Hash.new(0)
      ARGV[1].to_i.times do
        FileUtils.rm_f(Faults.path)
        pending = Faults.dump_async
        sleep(rand * 1.2 * duration)
        processes = Faults.processes(pending.pid)
        place = rand(processes.size)
        Faults.kill(:KILL, processes[place])
        outcome = Faults.outcome(pending)
        raise outcome unless outcome == "whole" || outcome.include?("killed")
        counts["#{%w[coordinator leader worker][place]} #{outcome[/whole|killed/]}"] += 1
        Faults.wait("all processes gone") { processes.all? { |pid| Faults.gone?(pid) } }
      end
      Faults.works
      counts.sort.each { |what, count| puts "#{what}: #{count}" }
    RUBY
    puts "#{ROUNDS} dumps killed at random times: #{counts}"
    assert_equal ROUNDS, counts.values.sum(&:to_i)
    assert_operator counts.count { |what,| what.end_with?("killed") }, :>, 0
  end

  def test_the_killed_one_is_named
    out = app(<<~'RUBY')
      pending = Faults.dump_async
      Faults.midway(pending) { |processes| Faults.kill(:KILL, processes[1]) }
      puts Faults.outcome(pending)
      pending = Faults.dump_async
      Faults.midway(pending) { |processes| Faults.kill(:TERM, processes[0]) }
      puts Faults.outcome(pending)
      Faults.works
    RUBY
    assert_match(/ChildDied: .*#{path}: its process was killed by SIGKILL after/, out[0])
    assert_match(/ChildDied: .*killed by SIGTERM/, out[1])
  end

  def test_a_stopped_worker_is_given_up
    out = app(<<~'RUBY')
      pending = Faults.dump_async(timeout: 1)
      Faults.midway(pending) do |processes|
        Faults.kill(:CONT, processes[0])
        puts Faults.outcome(pending)
      end
      Faults.works
    RUBY
    assert_match(/longer than timeout: allows/, out.first)
  end

  def test_a_stopped_coordinator_is_given_up
    out = app(<<~'RUBY')
      pending = Faults.dump_async(timeout: 1)
      Faults.midway(pending) { puts Faults.outcome(pending) }
      Faults.works
    RUBY
    assert_match(/timeout: allows \(while waiting for process \d+; timeout: 1\.0 s\)/, out.first)
  end

  # One that waits for its dump takes it with it.
  def test_the_application_is_terminated_while_it_waits
    ended(<<~'RUBY')
      Thread.new { Faults.wait("partial") { Faults.partials.any? }; Process.kill(:TERM, $$) }
      HeapDump.dump(ARGV[0], gc: false)
    RUBY
    assert_empty Dir.children(scratch)
  end

  def test_the_application_is_terminated_and_its_dump_goes_on
    ended("HeapDump.dump_async(ARGV[0], gc: false); Process.kill(:TERM, $$); sleep")
    wait_until("the dump is there") { sleep(0.01) && File.exist?(path) }
    assert_whole Dump.skim(path)
    assert_equal ["heap.json"], Dir.children(scratch)
  end

  def test_a_terminal_interrupts_both
    ended("HeapDump.dump_async(ARGV[0], gc: false); Process.kill(:INT, 0); sleep", pgroup: true)
    wait_until("nothing is left") { sleep(0.01) && Dir.empty?(scratch) }
  end

  def test_the_directory_goes_meanwhile
    out = app(<<~'RUBY')
      pending = Faults.dump_async
      Faults.midway(pending) { FileUtils.rm_rf(File.dirname(ARGV[0])) }
      puts Faults.outcome(pending)
      FileUtils.mkdir_p(File.dirname(ARGV[0]))
      Faults.works
    RUBY
    assert_match(/WriteError: .*#{path}: its partial file was removed/, out.first)
  end

  def test_a_symlink_comes_meanwhile
    File.write(File.join(scratch, "elsewhere"), "untouched")
    out = app(<<~'RUBY')
      pending = Faults.dump_async
      Faults.midway(pending) { File.symlink("elsewhere", ARGV[0]) }
      puts Faults.outcome(pending), File.symlink?(ARGV[0])
    RUBY
    assert_equal %w[whole false], out
    assert_equal "untouched", File.read(File.join(scratch, "elsewhere"))
  end

  # What stands under the name in the end is what was written, or nothing.
  def test_the_partial_file_is_replaced_meanwhile
    out = app(<<~'RUBY')
      pending = Faults.dump_async
      Faults.midway(pending) do
        partial = Faults.partials.first
        File.unlink(partial)
        File.write(partial, "somebody else's")
      end
      begin
        pending.result
      rescue HeapDump::WriteError => e
        puts e.message, File.exist?(ARGV[0]), Faults.partials.map { |file| File.read(file) }
      end
      FileUtils.rm_f(Faults.partials)
      Faults.works
    RUBY
    assert_match(/#{path}: .*(replaced|removed)/, out.shift)
    assert_equal ["false", "somebody else's"], out
  end

  def test_the_application_sees_no_child
    out = app(<<~'RUBY')
      seen = []
      trap("CHLD") { seen << "CHLD" }
      waiter = Thread.new { loop { seen << Process.wait(-1) } rescue $!.class }
      5.times { Faults.works }
      p seen, waiter.value, (Process.wait(-1) rescue $!.class)
    RUBY
    assert_equal ["[]", "Errno::ECHILD", "Errno::ECHILD"], out
  end

  # What runs when a process ends runs once, in the application.
  def test_no_child_ends_as_the_application_does
    out = app(<<~'RUBY')
      at_exit { $stdout.write("at_exit\n") }
      held = Array.new(10) { Object.new }
      held.each { |o| ObjectSpace.define_finalizer(o, proc { $stdout.write("finalizer\n") }) }
      file = File.open("#{ARGV[0]}.log", "w")
      file.write("buffered")
      10.times { Faults.works }
      puts File.size("#{ARGV[0]}.log")
    RUBY
    assert_equal ["0", "at_exit", *["finalizer"] * 10], out
    assert_equal "buffered", File.read("#{path}.log")
  end

  # The peer of a connection hears nothing, neither bytes nor its end.
  def test_connections_stay_as_they_are
    server = TCPServer.new("127.0.0.1", 0)
    application = Thread.new { app(<<~'RUBY', server.addr[1].to_s) }
      require "socket"
      connection = TCPSocket.new("127.0.0.1", ARGV[1].to_i)
      connection.write("half a li") # still in Ruby's buffer, or in the kernel's
      10.times { Faults.works }
      connection.puts("ne")
      puts connection.gets
    RUBY
    peer = server.accept
    assert_equal "half a li", peer.readpartial(100)
    assert_equal "ne\n", peer.gets
    peer.puts("answer")
    assert_nil peer.gets
    assert_equal ["answer"], application.value
  ensure
    peer&.close
    server&.close
  end

  # A C extension's connection, which its finalizer would close.
  def test_a_database_connection_lives_on
    skip "no Postgres server here (Debian: apt-get install postgresql)" unless Postgres.programs
    directory = Dir.mktmpdir("heapdump-pg")
    File.chmod(0o755, directory)
    Postgres.new("#{directory}/pg").run do
      out = app(<<~'RUBY', "#{directory}/pg", gems: true)
        require "pg"
        connection = PG.connect(host: ARGV[1], dbname: "postgres", user: "test")
        forgotten = PG.connect(host: ARGV[1], dbname: "postgres", user: "test")
        backend = connection.exec("SELECT pg_backend_pid()").getvalue(0, 0)
        connection.exec("CREATE TEMP TABLE seen (n int)")
        connection.exec("BEGIN")
        10.times do |n|
          forgotten = nil if n == 5 # garbage that a GC in a child would close
          connection.exec_params("INSERT INTO seen VALUES ($1)", [n])
          Faults.works
        end
        connection.exec("COMMIT")
        puts connection.exec("SELECT sum(n) FROM seen").getvalue(0, 0)
        puts backend == connection.exec("SELECT pg_backend_pid()").getvalue(0, 0)
      RUBY
      assert_equal %w[45 true], out
    end
    assert_empty File.readlines("#{directory}/pg.log").grep(/reset|unexpected|protocol|lost/)
  ensure
    FileUtils.rm_rf(directory) if directory
  end

  private

  # Runs an application that a signal ends.
  def ended(code, **options)
    prelude = "require 'support/faults'; Faults.begin(ARGV[0])\n"
    outcome = Child.ruby(prelude + code, path, **options)
    assert_predicate outcome.status, :signaled?, outcome.to_s
  end
end
