# frozen_string_literal: true

require "heapdump/snapshot"
require_relative "server"

# Servers with two workers, as the README tells to configure them.
module ServedDumps
  # Puma 8.0.2 itself may hang when it ends a worker on Ruby 3.4: IO#close waits for the
  # handler of SIGTERM, which writes to the same pipe (puma/puma#3677). It kills it after a while.
  PUMA = <<~'RUBY'
    bind "tcp://127.0.0.1:%<port>d"
    workers 2
    worker_shutdown_timeout 5
    threads 4, 4
    environment "none"
    plugin "heapdump"
  RUBY

  UNICORN = <<~'RUBY'
    require "heapdump/integrations/unicorn"
    listen "127.0.0.1:%<port>d"
    worker_processes 2
    after_fork(&HeapDump::Unicorn.after_fork)
  RUBY

  PITCHFORK = <<~'RUBY'
    require "heapdump/integrations/pitchfork"
    listen "127.0.0.1:%<port>d"
    worker_processes 2
    after_worker_fork(&HeapDump::Pitchfork.after_worker_fork)
  RUBY

  # How the names of dumps end: what compresses them is not there for each C library.
  def json
    ".json#{HeapDump::Compression.best}"
  end

  def dumps
    @dumps ||= File.join(scratch, "dumps").tap { |dir| Dir.mkdir(dir) }
  end

  def environment
    { "HEAPDUMP_DIR" => dumps, "HEAPDUMP_SIGNAL" => nil, "HEAPDUMP_STRINGS" => nil,
      "HEAPDUMP_COMPRESS" => nil, "RACK_ENV" => "none", "WEB_CONCURRENCY" => nil }
  end

  def serve(name, config, env = {})
    server = Server.new(scratch, name, config, env: environment.merge(env))
    yield server
  rescue StandardError, Minitest::Assertion
    warn server.log if server
    raise
  ensure
    server&.stop
  end

  # kgio, on which Unicorn rests, calls a function of MRI with another type than MRI 4.0 has.
  def skip_without_unicorn
    skip "Unicorn 6.1.0 itself crashes at its first request on Ruby 4.0" if RUBY_VERSION >= "4"
  end

  # The signal makes the process write a dump that is whole and its own, and say so. Nobody has
  # asked for contents of strings.
  def assert_dumps(server, pid, signal: "USR2")
    logged = server.log.bytesize
    Process.kill(signal, pid)
    done = server.logged(/^heapdump: SIG#{signal}: (?:dumped (\S+): ([\d,]+) objects|no dump).*$/,
                         after: logged)
    path = done[1]
    refute_nil path, done[0]
    assert_match(%r{\A#{dumps}/heap-#{pid}-\d{8}T\d{6}\.\d{3}Z#{json}\z}, path)
    assert_empty HeapDump::Snapshot.open(path, index: false).warnings
    dump = assert_whole Dump.skim(path)
    assert_equal [pid, "none"], dump.header.values_at("pid", "strings")
    assert_equal Integer(done[2].delete(",")), dump.footer["objects"]
    File.unlink(path)
    assert_empty Dir.children(dumps)
  end
end
