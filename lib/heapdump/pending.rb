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
  # It belongs to the process that has begun the dump. In a copy that fork makes of that process,
  # #wait, #done?, #result and #cancel raise HeapDump::Error, and the dump continues.
  class Pending
    # How many seconds after the timeout this process stops waiting for the coordinator, too.
    GRACE = 5
    CLOSED = "the heap dump was not copied to its end: something has closed the IO that it was in"
    private_constant :GRACE, :CLOSED

    # The Copier that passes the dump on to an object, nil if none is needed.
    attr_writer :copier # :nodoc:

    # Indexes in @started, the Array that the extension sets; see its `start`.
    GC_SECONDS = 1
    PAUSE = 2
    TIMEOUT = 3
    REPORT = 4
    PID = 5
    IS_CHILD = 7
    private_constant :GC_SECONDS, :PAUSE, :TIMEOUT, :REPORT, :PID, :IS_CHILD

    def initialize(target) # :nodoc:
      @target = target
      @process = Process.pid
      @told = +"" # what has been read of the report
    end

    # Begins the dump. The caller must make sure that nothing interrupts this.
    def launch(options) # :nodoc:
      @target.start(self, options)
      last_moment
      reap if @started[IS_CHILD]
    end

    def begun? # :nodoc:
      !@started.nil?
    end

    # Lets the dump continue without a caller that waits. Returns self.
    def go_on # :nodoc:
      return self unless @copier

      @thread = Thread.new do
        Thread.current.name = "heapdump"
        @copier.run { open_report }
      end
      self
    end

    # The process id of the dump's coordinator (Integer). The coordinator is no child of this
    # process, unless this process is process 1 or gets all orphans for another reason: then a
    # thread waits for it.
    def pid
      @started && @started[PID]
    end

    # Waits until the dump is written or has failed, at most +timeout+ seconds (any real number or
    # duration; nil: without a limit). Other threads continue. Returns self, or nil if the time is
    # up before that. A dump that failed raises nothing here: see #result. Raises ArgumentError for
    # a +timeout+ that is no time to wait.
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

    # True if the dump is written or has failed. Never waits.
    #
    #   pending.done? # => false
    def done?
      refuse_copy
      over?
    end

    # Like #done?, but true, instead of an exception, in a process that has not begun the dump.
    def over? # :nodoc:
      return true unless own?
      return false unless reported?

      stop_copying unless Report.of(report)&.whole?
      return true if @copier.nil? || @copier.finished?

      # the caller that copied it may be gone: a fiber that nobody resumes
      abandon if now > last_moment
      @copier.finished?
    end

    # Waits, and returns the HeapDump::Result, which is the same each time. Raises
    # HeapDump::WriteError if the dump could not be written, HeapDump::ChildDied if one of its
    # processes was killed, and whatever the +write+ of the target object has raised.
    #
    #   pending.result.bytes # => 83886080
    def result
      wait
      raise @copier.error if @copier&.error

      told = Report.of(report)
      return vanished unless told

      return failure(told) unless told.whole?
      raise Error, CLOSED unless @copier.nil? || @copier.whole?

      success(told)
    end

    # Ends the dump, and leaves no file of it: #result raises a HeapDump::Error from then on
    # (HeapDump::ChildDied, unless an object was written to). One that is written already stays. The
    # return value has no meaning.
    #
    #   pending.cancel unless pending.wait(60)
    def cancel
      under_way = !done?
      HeapDump.send(:stop, self)
      return unless under_way

      stop_copying
      wait
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

    # Cancels the dump for a caller that cannot wait for it any more, and has stopped it. Only the
    # handler of a signal may interrupt this: then the processes, which are killed, end later.
    def give_up # :nodoc:
      return unless own?
      return @copier&.close unless begun?

      Thread.handle_interrupt(Object => :never) { cancel }
    end

    # Whether another Ractor was in the way, and the dump can be tried again.
    def hindered? # :nodoc:
      !@target.path.nil? && Report.of(report)&.errno == Errno::EDEADLK::Errno
    end

    # True if this dump is over, or was stopped: then this waits for the end of its processes, which
    # takes only a moment.
    def ended? # :nodoc:
      return over? unless @stopped && own?

      wait
      true
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

    # The time at which waiting ends. A coordinator gives up earlier by itself, unless it is
    # stopped.
    def last_moment
      @last_moment ||= now + @started[TIMEOUT] + (pid ? GRACE : 0)
    end

    # Waits for the coordinator in a thread: otherwise it would stay a zombie. It does stay one if
    # no thread can be started.
    def reap
      Process.detach(pid)
    rescue ThreadError
      nil
    end

    def stop_copying
      return unless @copier

      @thread&.kill unless @thread == Thread.current
      @copier.close
    end

    # Waits for the next piece or for the report, or copies a piece.
    def advance(left)
      report = open_report
      if @thread then report ? wait_for(report, left) : @thread.join(left)
      elsif @copier && !@copier.finished? then @copier.step(report, left)
      else wait_for(report, left)
      end
    end

    # +report+ is nil if the report has been read since. Another thread or a signal's handler may
    # close it meanwhile.
    def wait_for(report, left)
      report&.wait_readable(left)
    rescue IOError
      raise unless report.closed? # it is one of the application, from a signal's handler
    end

    # The IO of the report, nil when everything has been read.
    def open_report
      @started[REPORT] unless reported?
    end

    # True if the whole report has been read. Between reading and keeping it no other thread and no
    # handler of a signal runs, so that all callers know the same.
    def reported?
      return true if pid.nil? || @started[REPORT].closed?
      return false unless HeapDump.send(:read_report, self)

      @started[REPORT].close
      true
    end

    # The report, one line as process/report.h describes it; empty if the processes have reported
    # nothing.
    def report
      @abandoned || (pid ? @told : @started[REPORT])
    end

    def abandon
      HeapDump.send(:stop, self)
      @started[REPORT].close if pid
      awaited = pid ? "process #{pid}" : "whoever reads from it"
      @abandoned = "failed #{Errno::ETIMEDOUT::Errno} 0 0 waiting for #{awaited}"
      stop_copying
      self
    end

    def now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end

    # The same object for all threads: between reading and setting the variable no other one runs.
    def success(told)
      result = Result.new(path: @target.path, objects: told.objects, bytes: told.bytes,
                          seconds: told.seconds, pause: @started[PAUSE],
                          gc_seconds: @started[GC_SECONDS], processes: told.processes)
      @result ||= result # rubocop:disable Naming/MemoizedInstanceVariableName
    end

    def failure(told)
      raise ChildDied.new(told.signal, told.objects, @target.path) unless told.signal.zero?

      where = told.where
      where += "; timeout: #{@started[TIMEOUT]} s" if told.errno == Errno::ETIMEDOUT::Errno
      HeapDump.send(:fail_writing, @target.path, told.errno, where)
    end

    def vanished
      HeapDump.send(:stop, self)
      raise ChildDied.new(nil, nil, @target.path)
    end
  end
end
