# frozen_string_literal: true

require "io/wait"
require_relative "report"

module HeapDump
  # A dump that forked processes are writing. HeapDump.dump_async returns it.
  #
  #   pending = HeapDump.dump_async("heap.json")
  #   pending.pid            # => 4711
  #   pending.wait(10)       # => nil where it takes longer
  #   pending.result.objects # => 1142259
  #
  # It belongs to the process that has begun the dump. In a copy of that process, as fork makes it,
  # #wait, #done?, #result and #cancel raise HeapDump::Error, and the dump goes on.
  class Pending
    # Seconds beyond the timeout after which not even the coordinator is waited for.
    GRACE = 5
    private_constant :GRACE

    # What hands the dump on to an object, nil where the dump needs nobody for that.
    attr_writer :copier # :nodoc:

    # Places in @started, the Array that the extension puts there; see its `start`.
    GC_SECONDS = 1
    PAUSE = 2
    TIMEOUT = 3
    REPORT = 4
    PID = 5
    PARTIAL = 6
    IS_CHILD = 7
    private_constant :GC_SECONDS, :PAUSE, :TIMEOUT, :REPORT, :PID, :PARTIAL, :IS_CHILD

    def initialize(target) # :nodoc:
      @target = target
      @process = Process.pid
      @told = +"" # what has been read of the report
    end

    # Begins the dump. Nothing may interrupt the caller.
    def launch(options) # :nodoc:
      @target.start(self, options)
      last_moment
      reap if @started[IS_CHILD]
    end

    def begun? # :nodoc:
      !@started.nil?
    end

    # Goes on by itself. Returns self.
    def go_on # :nodoc:
      return self unless @copier

      @thread = Thread.new do
        Thread.current.name = "heapdump"
        @copier.run { open_report }
      end
      self
    end

    # Process id of the dump's coordinator (Integer). It is no child of this process, unless this
    # one is process 1 or else gets all orphans: then it is waited for by a thread.
    def pid
      @started && @started[PID]
    end

    # Waits until the dump is written or given up, at most +timeout+ seconds (any real number or
    # duration; nil: as long as it takes). Other threads go on. Returns self, or nil where it is not
    # done yet; raises nothing if the dump failed, which #result tells. Raises ArgumentError for
    # what is no time to wait.
    #
    #   warn "still writing" until pending.wait(10)
    def wait(timeout = nil)
      deadline = timeout && (now + HeapDump.send(:seconds, "timeout", timeout))
      until done?
        left = [deadline, last_moment].compact.min - now
        return (abandon if now > last_moment) if left <= 0

        advance(left)
      end
      self
    end

    # True if the dump is written or given up. Never waits.
    #
    #   pending.done? # => false
    def done?
      refuse_copy
      over?
    end

    # As #done?, but no reason to wait either where this is another process.
    def over? # :nodoc:
      return true unless own?
      return false unless reported?

      stop_copying unless Report.of(report)&.whole?
      @copier.nil? || @copier.finished?
    end

    # Waits, and returns the HeapDump::Result, each time the same. Raises HeapDump::WriteError where
    # it could not be written, HeapDump::ChildDied where one of its processes was killed; and what
    # the +write+ of the object that it goes to has raised.
    #
    #   pending.result.bytes # => 83886080
    def result
      wait
      raise @copier.error if @copier&.error

      told = Report.of(report)
      return vanished unless told

      told.whole? ? success(told) : failure(told)
    end

    # Ends the dump, and leaves nothing of it: #result raises HeapDump::ChildDied from then on. One
    # that is written already stays. What it returns has no meaning.
    #
    #   pending.cancel unless pending.wait(60)
    def cancel
      unless done?
        kill
        stop_copying
        wait
      end
      # Also where an interruption has left that to be done the second time, but not later: then
      # the name may belong to another dump.
      remove_partial if report.empty?
    end

    # Where the dump goes and how far it is, in one line (String).
    #
    #   pending.inspect # => "#<HeapDump::Pending /srv/app/heap.json: under way>"
    def inspect
      state = if !own? then "of process #{@process}"
              elsif over? then "done"
              else "under way"
              end
      "#<#{self.class}#{" #{@target.path}" if @target.path}: #{state}>"
    end

    # What was begun for somebody who cannot wait for it any more. Nothing interrupts that.
    def give_up # :nodoc:
      return unless own?
      return @copier&.close unless begun?

      Thread.handle_interrupt(Object => :never) { cancel }
    end

    private

    def own?
      @process == Process.pid
    end

    def refuse_copy
      return if own?

      raise Error, "process #{@process} has begun this heap dump, and it alone can wait for it " \
                   "or cancel it; process #{Process.pid} is a copy of it"
    end

    # A coordinator gives up by itself in time, unless it is stopped.
    def last_moment
      @last_moment ||= now + @started[TIMEOUT] + (pid ? GRACE : 0)
    end

    # It would stay a zombie. Where no thread is to be had, it does.
    def reap
      Process.detach(pid)
    rescue ThreadError
      nil
    end

    # The workers die with it.
    def kill
      Process.kill(:KILL, pid) if pid
    rescue Errno::ESRCH
      nil # it was faster
    end

    def stop_copying
      return unless @copier

      @thread&.kill unless @thread == Thread.current
      @copier.close
    end

    # Waits for what is to come next, or does it.
    def advance(left)
      report = open_report
      if @thread then report ? wait_for(report, left) : @thread.join(left)
      elsif @copier && !@copier.finished? then @copier.step(report, left)
      else wait_for(report, left)
      end
    end

    # The report may have come since (nil); another thread, or a signal's handler, may close it.
    def wait_for(report, left)
      report&.wait_readable(left)
    rescue IOError
      nil
    end

    # The report's IO, nil when all has been read.
    def open_report
      @started[REPORT] unless reported?
    end

    # Nothing comes between reading and keeping what was read, not even a signal's handler. So
    # whoever looks, all know the same.
    def reported?
      return true if pid.nil? || @started[REPORT].closed?
      return false unless HeapDump.send(:read_report, @started[REPORT], @told)

      @started[REPORT].close
      true
    rescue IOError
      true # somebody else has seen the end
    end

    # One line, as process/report.h describes it; empty where nothing was told.
    def report
      @abandoned || (pid ? @told : @started[REPORT])
    end

    def abandon
      kill
      @started[REPORT].close if pid
      awaited = pid ? "process #{pid}" : "whoever reads from it"
      @abandoned = "failed #{Errno::ETIMEDOUT::Errno} 0 0 waiting for #{awaited}"
      stop_copying
      remove_partial
      self
    end

    def now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end

    def success(told)
      Result.new(path: @target.path, objects: told.objects, bytes: told.bytes,
                 seconds: told.seconds, pause: @started[PAUSE],
                 gc_seconds: @started[GC_SECONDS], processes: told.processes)
    end

    def failure(told)
      raise ChildDied.new(told.signal, told.objects, @target.path) unless told.signal.zero?

      where = told.where
      where += "; timeout: #{@started[TIMEOUT]} s" if told.errno == Errno::ETIMEDOUT::Errno
      HeapDump.send(:fail_writing, @target.path, told.errno, where)
    end

    def vanished
      remove_partial
      raise ChildDied.new(nil, nil, @target.path)
    end

    # Once.
    def remove_partial
      return if @removed

      File.unlink(@started[PARTIAL]) if @started[PARTIAL]
      @removed = true
    rescue SystemCallError
      @removed = true # the coordinator has removed it, or something of somebody else is there
    end
  end
end
