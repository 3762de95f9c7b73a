# frozen_string_literal: true

require "etc"
require "fileutils"
require "timeout"

# A database server of its own, reached through a socket in its directory and by nobody else.
class Postgres
  # Debian keeps the server's programs out of PATH, one directory per version.
  def self.programs
    places = Dir["/usr/lib/postgresql/*/bin"].sort_by { |dir| dir[/\d+/].to_i }.reverse
    [*places, *ENV.fetch("PATH").split(":")].find { |dir| File.executable?("#{dir}/postgres") }
  end

  # It refuses to run as root.
  def self.user
    return Etc.getpwuid unless Process.uid.zero?

    %w[postgres nobody].filter_map { |name| Etc.getpwnam(name) rescue nil }.first # rubocop:disable Style/RescueModifier
  end

  attr_reader :directory

  def initialize(directory)
    @directory = directory
    @user = Postgres.user
    FileUtils.mkdir_p(directory)
    FileUtils.chown(@user.uid, @user.gid, directory)
  end

  # Yields while the server runs.
  def run
    run_program("initdb", "-D", data, "--auth=trust", "--no-sync", "-U", "test")
    server = start("postgres", "-D", data, "-k", directory, "-c", "listen_addresses=",
                   "-c", "fsync=off", "-c", "shared_buffers=1MB", "-c", "max_connections=5")
    wait_for_socket(server)
    yield
  ensure
    stop(server) if server
  end

  private

  def data
    "#{directory}/data"
  end

  def log
    "#{directory}.log"
  end

  def start(program, *arguments)
    as_user = %W[setpriv --reuid=#{@user.uid} --regid=#{@user.gid} --clear-groups]
    as_user = [] unless Process.uid.zero?
    Process.spawn(*as_user, "#{Postgres.programs}/#{program}", *arguments,
                  chdir: directory, %i[out err] => [log, "a"])
  end

  def run_program(...)
    pid = start(...)
    Timeout.timeout(60) { Process.wait(pid) }
    raise "failed:\n#{File.read(log)}" unless Process.last_status.success?
  end

  def wait_for_socket(server)
    deadline = Process.clock_gettime(Process::CLOCK_MONOTONIC) + 30
    until File.read(log).include?("ready to accept connections")
      late = Process.clock_gettime(Process::CLOCK_MONOTONIC) > deadline
      raise "no server:\n#{File.read(log)}" if late || Process.wait(server, Process::WNOHANG)

      sleep 0.02
    end
  end

  def stop(server)
    Process.kill(:INT, server)
    Timeout.timeout(20) { Process.wait(server) }
  rescue Timeout::Error
    Process.kill(:KILL, server)
    Process.wait(server)
  end
end
