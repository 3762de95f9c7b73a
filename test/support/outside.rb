# frozen_string_literal: true

require "heapdump/cli"
require "io/wait"
require "json"
require "stringio"
require "support/child"
require "heapdump/outside/target"
require "heapdump/outside/gdb"

# Processes to dump from outside, and the command that does it.
module Outside
  # Why no process can be dumped from outside here, by the way that `via` names; nil if they can.
  def self.unable(via = "gdb")
    return "#{Child::EMULATOR} lets no process trace another" if Child::EMULATOR
    return "gdb is not installed" if via == "gdb" && !HeapDump::Outside::Gdb.find

    @unable ||= with_process("sleep") do |pid|
      HeapDump::Outside::Target.new(pid).memory(0, 1)
    rescue Errno::EIO
      "" # nothing is there, but it may be asked
    rescue SystemCallError => e
      "no process may be traced here (#{e.message})"
    end
    @unable unless @unable.empty?
  end

  # A Ruby that runs `code`, from the moment that it prints a line. Ended afterwards. It has
  # RubyGems only with the flag --enable=gems, or if the code needs it.
  def self.with_process(code, *flags, env: {}, err: File::NULL, **options)
    reader, writer = IO.pipe
    nothing, open_end = IO.pipe # standard input that stays open and empty
    environment = Child::BUNDLER.to_h { |name| [name, nil] }.merge(env)
    flags = ["--disable=gems", *flags] unless code.match?(Child::NEEDS_RUBYGEMS)
    pid = Process.spawn(environment, *Child::RUBY, "-W0", *flags, "-e",
                        "$stdout.sync = true; Thread.new { puts }.join; #{code}",
                        in: nothing, out: writer, err: err, pgroup: true, **options)
    writer.close
    started = reader.wait_readable(60 * Child::PATIENCE) && reader.gets
    raise "the process did not start" unless started

    yield pid
  ensure
    [reader, writer, nothing, open_end].each(&:close)
    stop(pid) if pid
  end

  def self.stop(pid)
    Process.kill(:KILL, pid)
    Process.wait(pid)
  rescue Errno::ESRCH, Errno::ECHILD
    nil # ended already, and was waited for
  end

  # True while it lives and is not stopped.
  def self.runs?(pid)
    !%w[T t Z X].include?(HeapDump::Outside::Target.new(pid).state)
  rescue HeapDump::Error
    false
  end

  # Status, output and errors of a command.
  def self.heapdump(*argv)
    out = StringIO.new
    err = StringIO.new
    status = HeapDump::CLI.run(argv.map(&:to_s), out: out, err: err)
    [status, out.string, err.string]
  end
end
