# frozen_string_literal: true

require "etc"
require "fileutils"
require "timeout"

# A server of Debian's, started for a test in a directory of its own and as a user without rights.
class OwnServer
  attr_reader :directory

  # `users` are the accounts that it may have when we are root; the first that is there is taken.
  def initialize(directory, users)
    @directory = directory
    @user = Process.uid.zero? ? OwnServer.account(users) : Etc.getpwuid
    FileUtils.mkdir_p(directory)
    FileUtils.chown(@user.uid, @user.gid, directory)
  end

  def self.account(users)
    users.each do |name|
      return Etc.getpwnam(name)
    rescue ArgumentError
      next
    end
    nil
  end

  private

  def log
    "#{directory}.log"
  end

  def start(program, *arguments)
    as_user = %W[setpriv --reuid=#{@user.uid} --regid=#{@user.gid} --clear-groups]
    as_user = [] unless Process.uid.zero?
    Process.spawn(*as_user, program, *arguments, chdir: directory, %i[out err] => [log, "a"])
  end

  # Waits until the block says that the server is there.
  def wait_for(server)
    deadline = Process.clock_gettime(Process::CLOCK_MONOTONIC) + 30
    until yield
      late = Process.clock_gettime(Process::CLOCK_MONOTONIC) > deadline
      raise "no server:\n#{File.read(log)}" if late || Process.wait(server, Process::WNOHANG)

      sleep 0.02
    end
  end

  def stop(server, signal)
    Process.kill(signal, server)
    Timeout.timeout(20) { Process.wait(server) }
  rescue Timeout::Error
    Process.kill(:KILL, server)
    Process.wait(server)
  end
end
