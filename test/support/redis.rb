# frozen_string_literal: true

require "etc"
require "fileutils"
require "timeout"

# A Redis server of its own, reached through a socket in its directory.
class Redis
  def self.program
    places = ENV.fetch("PATH").split(":").map { |dir| "#{dir}/redis-server" }
    places.find { |path| File.executable?(path) }
  end

  # One without rights.
  def self.user
    return Etc.getpwuid unless Process.uid.zero?

    %w[redis nobody].filter_map { |name| Etc.getpwnam(name) rescue nil }.first # rubocop:disable Style/RescueModifier
  end

  def initialize(directory)
    @directory = directory
    @user = Redis.user
    FileUtils.mkdir_p(directory)
    FileUtils.chown(@user.uid, @user.gid, directory)
  end

  def url
    "unix://#{socket}"
  end

  # Yields while the server runs.
  def run
    server = Process.spawn(*as_user, Redis.program, "--port", "0", "--unixsocket", socket,
                           "--save", "", "--appendonly", "no", "--daemonize", "no",
                           chdir: @directory, %i[out err] => [log, "w"])
    wait_for_socket(server)
    yield
  ensure
    stop(server) if server
  end

  private

  def socket
    "#{@directory}/redis.sock"
  end

  def log
    "#{@directory}.log"
  end

  def as_user
    return [] unless Process.uid.zero?

    %W[setpriv --reuid=#{@user.uid} --regid=#{@user.gid} --clear-groups]
  end

  def wait_for_socket(server)
    deadline = Process.clock_gettime(Process::CLOCK_MONOTONIC) + 30
    until File.socket?(socket)
      late = Process.clock_gettime(Process::CLOCK_MONOTONIC) > deadline
      raise "no server:\n#{File.read(log)}" if late || Process.wait(server, Process::WNOHANG)

      sleep 0.02
    end
  end

  def stop(server)
    Process.kill(:TERM, server)
    Timeout.timeout(20) { Process.wait(server) }
  rescue Timeout::Error
    Process.kill(:KILL, server)
    Process.wait(server)
  end
end
