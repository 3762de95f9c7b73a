# frozen_string_literal: true

require "io/wait"
require "support/child"

# `heapdump ui` as a process of its own, as a user starts it.
class UiProcess
  COMMAND = [*Child::RUBY, "-W0", "-I", File.join(Child::ROOT, "lib"),
             File.join(Child::ROOT, "exe", "heapdump"), "ui"].freeze
  # Nothing of the desktop on which the tests run.
  ENVIRONMENT = { "DISPLAY" => nil, "WAYLAND_DISPLAY" => nil, "XDG_RUNTIME_DIR" => nil }.freeze
  DEADLINE = 20 * Child::PATIENCE # seconds

  attr_reader :pid

  # A command that runs code instead.
  def self.of(code)
    [*Child::RUBY, "-W0", "-I", File.join(Child::ROOT, "lib"), "-e", code]
  end

  # Starts it, yields it, and ends it if the block has not.
  def self.with(*arguments, env: {}, command: COMMAND)
    process = new(arguments, env, command)
    yield process
  ensure
    process&.kill
  end

  def initialize(arguments, env, command)
    @out, out = IO.pipe
    @err, err = IO.pipe
    @pid = Process.spawn(ENVIRONMENT.merge(env), *command, *arguments, in: File::NULL, out: out,
                                                                       err: err, pgroup: true)
    [out, err].each(&:close)
  end

  # What it has printed first: the address of the page.
  def url
    @url ||= line(@out)[%r{\Ahttp://127\.0\.0\.1:\d+/#token=\h{64}$}] or raise "no address"
  end

  def port
    url[/:(\d+)/, 1].to_i
  end

  def token
    url[/\h{64}\z/]
  end

  def signal(name)
    Process.kill(name, pid)
  end

  # Waits for its end, and returns its status, and what it has printed besides the address.
  def finish
    deadline = now + DEADLINE
    until (status = Process.wait2(pid, Process::WNOHANG)&.last)
      raise "it is still running" if now > deadline

      sleep 0.01
    end
    @ended = true
    [status.exitstatus || status.termsig, @out.read, @err.read]
  end

  def kill
    return if @ended

    signal(:KILL)
    Process.wait(pid)
  end

  private

  def now
    Process.clock_gettime(Process::CLOCK_MONOTONIC)
  end

  def line(io)
    raise "nothing is printed" unless io.wait_readable(DEADLINE)

    io.gets.to_s.chomp
  end
end
