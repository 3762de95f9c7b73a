# frozen_string_literal: true

# What a dump must not leave behind in the process that was dumped: descriptors, processes, files.
module Leftovers
  # In the environment of the program, so that processes which are forked from it are known by it.
  MARK = "HEAPDUMP_TEST_LEFTOVERS"

  class << self
    # What a program that looks for them is started with.
    def environment
      { MARK => "#{Process.pid}-#{rand(1 << 64)}" }
    end

    def descriptors
      Dir.children("/proc/self/fd").size
    end

    # Those of this program that are there beside this one and the one that has started it.
    def processes
      needle = "#{MARK}=#{ENV.fetch(MARK)}"
      pids = Dir.children("/proc").grep(/\A\d+\z/).map(&:to_i) - [Process.pid, Process.ppid]
      pids.select { |pid| marked?(pid, needle) || zombie_of_ours?(pid) }
    end

    # Waits until none of them is left; returns what is left in spite of that.
    def processes_after(seconds)
      deadline = now + seconds
      sleep 0.01 while (left = processes).any? && now < deadline
      left
    end

    private

    def marked?(pid, needle)
      File.binread("/proc/#{pid}/environ").split("\0").include?(needle)
    rescue SystemCallError
      false
    end

    def zombie_of_ours?(pid)
      state, parent = File.read("/proc/#{pid}/stat")[/\) (.*)/, 1].split
      state == "Z" && parent.to_i == Process.pid
    rescue SystemCallError
      false
    end

    def now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end
  end
end
