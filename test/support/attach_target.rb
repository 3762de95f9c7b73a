# frozen_string_literal: true

require "digest/sha2"
require "fileutils"
require "open3"
require "rbconfig"
require "heapdump/outside/attach"
require "heapdump/outside/target"
require "heapdump/outside/way_back"
require "support/child"

# A C program to attach to (support/attach/target.c), that runs, and the program that attaches.
class AttachTarget
  SOURCES = Dir[File.expand_path("attach/*.{c,h}", __dir__)].freeze
  FLAGS = %w[-std=gnu11 -g -O1 -Wall -Wextra -Werror].freeze
  WAIT = 60 * Child::PATIENCE

  # Why there is none here; nil if there is.
  def self.missing
    return "attach is not built here" unless HeapDump::Outside::Attach.find

    "no target for this processor" unless RUBY_PLATFORM.match?(/\A(x86_64|aarch64)-linux/)
  end

  # The compiled program.
  def self.program
    @program ||= begin
      digest = Digest::SHA256.hexdigest(SOURCES.map { |file| File.read(file) }.join)[0, 12]
      path = File.join(Child::ROOT, "tmp", "attach-target-#{digest}")
      compile(path) unless File.executable?(path)
      path
    end
  end

  def self.compile(path)
    FileUtils.mkdir_p(File.dirname(path))
    compiler = RbConfig::CONFIG.fetch("CC")[/\S+/]
    own = "#{path}.#{Process.pid}"
    output, status = Open3.capture2e(compiler, *FLAGS, *SOURCES.grep(/\.c\z/), "-o", own,
                                     "-lpthread")
    raise output unless status.success?

    File.rename(own, path)
  end
  private_class_method :compile

  # Yields one that does `deed`, and ends it.
  def self.run(deed)
    target = new(deed)
    yield target
  ensure
    target&.stop
  end

  attr_reader :pid

  def initialize(deed)
    @input, stdin = IO.pipe.reverse
    @third, third = IO.pipe.reverse
    @output, stdout = IO.pipe
    @pid = Process.spawn(AttachTarget.program, deed, in: stdin, out: stdout, 3 => third)
    [stdin, third, stdout].each(&:close)
    addresses = line.split.drop(1).map(&:hex)
    @functions = %i[add wait crash overwrite].zip(addresses).to_h
  end

  # The address of one of its functions (Symbol), in hexadecimal digits.
  def function(name)
    @functions.fetch(name).to_s(16)
  end

  # The next line that it prints; nil if it has ended.
  def line
    raise "it prints nothing" unless @output.wait_readable(WAIT)

    @output.gets&.chomp
  end

  def write(byte = "!")
    @input.write(byte)
  end

  # What ends its waiting in rounds, or lets its thread run another program.
  def write_third
    @third.write("!")
  end

  def signal(name)
    Process.kill(name, pid)
  end

  # What it prints at its end, after the signal that ends its counting.
  def finish
    signal(:USR1)
    line
  end

  # The way back of the plans that follow (WayBack).
  attr_writer :way

  def way
    @way ||= HeapDump::Outside::WayBack.find(about)
  end

  # What is done in its main thread, one step a line.
  def plan(*steps)
    head = "process #{pid} #{pid}\nway #{way.restorer.to_s(16)} #{way.saver.to_s(16)}\n"
    "#{head}#{steps.flatten.join("\n")}\nend\n"
  end

  def attach(*steps)
    HeapDump::Outside::Attach.new.run(plan(*steps))
  end

  # The same in the middle of a call that waits: yields the id of the program that has attached.
  # Returns what it has printed.
  def attach_and_wait(*steps)
    program = IO.popen([HeapDump::Outside::Attach.find], "r+")
    program.write(plan("call a #{function(:wait)}", *steps))
    program.close_write
    wait_until { waits_for_input? }
    yield program.pid
    program.read
  ensure
    program&.close
  end

  # Whether the call has begun to wait: nothing else reads from standard input.
  def waits_for_input?
    about.tracer && File.read("/proc/#{pid}/syscall").match?(/\A\d+ 0x0 /)
  end

  def about
    @about ||= HeapDump::Outside::Target.new(pid)
  end

  def blocked_signals
    File.read("/proc/#{pid}/status")[/^SigBlk:\s*(\h+)/, 1].hex
  end

  # Whether it is in the system call of this number (its own, and nobody holds it).
  def in?(numbers)
    about.tracer.nil? && numbers.include?(File.read("/proc/#{pid}/syscall").to_i)
  end

  def wait_until
    deadline = Process.clock_gettime(Process::CLOCK_MONOTONIC) + WAIT
    until yield
      raise "it takes too long" if Process.clock_gettime(Process::CLOCK_MONOTONIC) > deadline

      sleep 0.001
    end
  end

  def stop
    Process.kill(:KILL, pid)
    Process.wait(pid)
  rescue Errno::ESRCH, Errno::ECHILD
    nil # ended already
  ensure
    [@input, @third, @output].each(&:close)
  end
end
