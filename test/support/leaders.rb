# frozen_string_literal: true

# Finds the leaders of an application's dumps, each as soon as it is there: before it reads the
# first object, from which on a crash is that of an object.
module Leaders
  class << self
    # Starts a process that sends the signal to the first so many of those whose command line has
    # the word.
    def hunt(word, signal, count)
      begun, ready = IO.pipe
      hits, hit = IO.pipe
      pid = fork do
        last = newest
        ready.close
        count.times { last = wait_for_leader(word, last) { |leader| kill(signal, leader, hit) } }
        exit!(0)
      end
      [ready, hit].each(&:close)
      begun.read
      [pid, hits]
    end

    # How many it has hit. It is over then.
    def hit((pid, hits))
      Process.kill(:KILL, pid)
      Process.wait(pid)
      hits.read.size
    end

    private

    # Yields the first that has come since the process of that number.
    def wait_for_leader(word, last)
      loop do
        now = newest
        leader = ((last + 1)..now).find { |pid| leader?(pid, word) }
        return now if leader && yield(leader)

        last = now
      end
    end

    def kill(signal, leader, hit)
      Process.kill(signal, leader)
      hit.write("x")
    end

    # It has its name from the one that has forked it, which got it from nobody.
    def leader?(pid, word)
      stat = File.read("/proc/#{pid}/stat")
      return false unless stat.include?("(heapdump)")

      parent = stat[/\) . (\d+)/, 1]
      File.read("/proc/#{parent}/comm") == "heapdump\n" &&
        File.read("/proc/#{pid}/cmdline").include?(word)
    rescue SystemCallError
      false # it has ended
    end

    # The number of the process that was made last.
    def newest
      File.read("/proc/loadavg").split.last.to_i
    end
  end
end
