# frozen_string_literal: true

module HeapDump
  # A dump that forked processes are writing. HeapDump.dump_async returns it.
  #
  #   pending = HeapDump.dump_async("heap.json")
  #   pending.pid            # => 4711
  #   pending.wait(10)       # => nil where it takes longer
  #   pending.result.objects # => 1142259
  class Pending
    # Process id of the dump's coordinator. It is no child of this process.
    attr_reader :pid

    # Seconds beyond the timeout after which not even the coordinator is waited for.
    GRACE = 5
    private_constant :GRACE

    def initialize(path:, pid:, report:, partial:, timeout:, gc_seconds:, pause:) # :nodoc:
      @path = path
      @pid = pid
      @report = report
      @partial = partial
      @gc_seconds = gc_seconds
      @pause = pause
      @last_moment = now + timeout + GRACE
      @line = +""
    end

    # Waits until the dump is written or given up, at most +timeout+ seconds (nil: as long as it
    # takes). Other threads go on. Returns self, or nil where it is not done yet; raises nothing if
    # the dump failed, which #result tells.
    #
    #   warn "still writing" until pending.wait(10)
    def wait(timeout = nil)
      deadline = [timeout && (now + timeout), @last_moment].compact.min
      until done?
        left = deadline - now
        return (abandon if now > @last_moment) if left <= 0

        @report.wait_readable(left)
      end
      self
    rescue IOError
      self # the end was seen, and the pipe closed, by another thread or a signal's handler
    end

    # True if the dump is written or given up. Never waits.
    #
    #   pending.done? # => false
    def done?
      return true if @report.closed?

      while (bytes = @report.read_nonblock(256, exception: false))
        return false if bytes == :wait_readable

        @line << bytes
      end
      @report.close
      true
    rescue IOError
      true # as in wait
    end

    # Waits, and returns the HeapDump::Result, each time the same. Raises HeapDump::WriteError where
    # it could not be written, HeapDump::ChildDied where one of its processes was killed.
    #
    #   pending.result.bytes # => 83886080
    def result
      wait
      word, *figures = @line.split(" ", 5)
      case word
      when "done" then success(*figures)
      when "failed" then failure(*figures)
      else vanished
      end
    end

    # Ends the dump, and leaves nothing of it: #result raises HeapDump::ChildDied from then on. One
    # that is written already stays. What it returns has no meaning.
    #
    #   pending.cancel unless pending.wait(60)
    def cancel
      kill unless done?
      wait
      remove_partial
    end

    private

    # The workers die with it.
    def kill
      Process.kill(:KILL, @pid)
    rescue Errno::ESRCH
      nil # it was faster
    end

    # The coordinator gives up by itself in time, unless it is stopped.
    def abandon
      kill
      @report.close
      @line = "failed #{Errno::ETIMEDOUT::Errno} 0 0 waiting for process #{@pid}"
      remove_partial
      self
    end

    def now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end

    def success(objects, bytes, seconds, processes)
      Result.new(path: @path, objects: objects.to_i, bytes: bytes.to_i, seconds: seconds.to_f,
                 pause: @pause, gc_seconds: @gc_seconds, processes: processes.to_i)
    end

    def failure(errno, signal, objects, where)
      raise ChildDied.new(signal.to_i, objects.to_i, @path) unless signal == "0"

      HeapDump.send(:fail_writing, @path, errno.to_i, where.chomp)
    end

    def vanished
      remove_partial
      raise ChildDied.new(nil, nil, @path)
    end

    def remove_partial
      File.unlink(@partial) if @partial
    rescue SystemCallError
      nil # the coordinator has removed it, or something of somebody else is there
    end
  end
end
