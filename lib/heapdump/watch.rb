# frozen_string_literal: true

module HeapDump
  # A thread that looks every few seconds whether a rule asks for a dump, as HeapDump.watch starts
  # it.
  #
  #   watch = HeapDump.watch
  #   watch.stats[:dumps] # => 0
  #   watch.stop
  class Watch
    # Seconds for which its end waits for a look or a hook, if on.exit says nothing else; and then
    # for the thread to end. One that hangs in the kernel does not end: #stop and #close return, but
    # Ruby waits for each thread when the process ends, as long as it takes.
    PATIENCE = 1
    HANGS = 5
    STEP = 0.01
    STARTING = Mutex.new
    private_constant :PATIENCE, :HANGS, :STEP, :STARTING

    @current = nil
    @hooked = false
    class << self
      # The watch of this process (a HeapDump::Watch); nil if there is none, or it has ended.
      #
      #   HeapDump::Watch.current&.close
      attr_reader :current

      # Starts a watch, and ends that which is there. Without arguments, the one that is there.
      def run(options, block, wait: 0) # :nodoc:
        Ractors.refuse
        usual = options.empty? && block.nil?
        return @current if @current && usual

        watch = new(options, block)
        watch.check_buses if wait.zero?
        one_by_one do
          next @current if @current && usual

          watch.replace(@current) if @current
          hook
          @current = watch
          watch.start(wait)
        end
      end

      # Runs in forked children, and in a process that has become a daemon.
      def after_fork(forked:) # :nodoc:
        @current&.start_in_child(forked)
      end

      def stopped(watch) # :nodoc:
        @current = nil if @current.equal?(watch)
      end

      private

      def one_by_one
        nested = STARTING.owned?
        wait_for_others unless nested
        yield
      ensure
        STARTING.unlock if STARTING.owned? && !nested
      end

      def wait_for_others
        STARTING.lock
      rescue ThreadError
        nil # the handler of a signal cannot wait
      end

      def hook
        return if @hooked

        @hooked = true
        Process.singleton_class.prepend(AfterFork)
        at_exit { Watch.current&.close }
      end
    end

    def initialize(options, block) # :nodoc:
      @options = Options.new(options)
      @on = On.new(@options.directory).read(block)
      @options.ask.each { |address| @on.bus(address) }
    end

    def replace(other) # :nodoc:
      say("this watch (#{directory}) replaces the one before it (#{other.directory})")
      other.stop
    end

    # Starts the thread, which looks for the first time after +wait+ seconds. In a master that is
    # known as one there is not even a short-lived thread: Puma tells of the threads that an
    # application has started there, and fails if one ends meanwhile. But the code is loaded there:
    # its workers share it, and a worker that is forked much later needs nothing from the disk.
    def start(wait) # :nodoc:
      @process = Process.pid
      @engine = @rest = @closed = @thread = @waiting = nil
      load_engine if wait.zero?
      start_thread(wait) unless wait.zero? && idle?
      self
    end

    # +forked+: whether the parent goes on.
    def start_in_child(forked) # :nodoc:
      return if @process == Process.pid

      @forked = true if forked
      Work.reset
      @engine&.forget
      start(@options.every)
    end

    # Whether its thread runs. In the master of a server with workers there is none, unless
    # <tt>master: true</tt> asks for it; its workers have one each.
    #
    #   watch.running? # => true
    def running?
      @process == Process.pid && !@thread.nil? && @thread.alive?
    end

    # Whether it is +:running+, the +:dir+ of its dumps, the +:limit+ of the memory in bytes (nil
    # before the first look and where none is known). And what it has done in this process (Hash):
    # how many +:looks+, +:dumps+, +:failures+, +:dry+ runs, +:shipped+ dumps and lines of +:notes+;
    # the +:seconds+ that dumps took and their +:bytes+; how often each rule has struck (+:strikes+)
    # and each guard has refused (+:refusals+, with +:settle+ and +:cooldown+, and with +:another+
    # where another process of the server makes the dumps); what was switched
    # +:off+ because it failed.
    #
    #   watch.stats[:refusals] # => {:headroom => 2}
    def stats
      { running: running?, dir: directory, limit: @engine&.limit,
        **(@engine&.stats || Stats.new).to_h }
    end

    # Ends the watch, and with it the notes. A dump under way goes on. A hook of the application
    # that runs just now is ended after a second, or after what on.exit allows. Returns nil.
    #
    #   watch.stop
    #   watch.running? # => false
    def stop
      finish { |engine, _| engine.stop }
    end

    # The process ends, or this worker does: what on.exit says, and the last line of the notes.
    # Servers call it when a worker ends; it does nothing the second time. A hook that runs, and
    # then a last dump, have the time that on.exit allows. Returns nil.
    #
    #   before_worker_shutdown { HeapDump::Watch.current&.close }
    def close
      finish { |engine, left| engine.close(left) }
    end

    # Where the dumps go and whether it runs, in one line (String).
    #
    #   watch.inspect # => "#<HeapDump::Watch /var/tmp/heapdump: running>"
    def inspect
      "#<#{self.class} #{@options.directory}: #{running? ? "running" : "stopped"}>"
    end

    # Raises LoadError if a library is missing to be asked from afar.
    def check_buses # :nodoc:
      @on.rules.each { |rule| rule.address&.check }
    end

    def directory # :nodoc:
      @options.directory
    end

    # How much of the contents of strings is dumped.
    def strings # :nodoc:
      @options.strings
    end

    private

    def start_thread(wait)
      @thread = Thread.new { watch(wait) }
      @thread.name = "heapdump watch"
      @thread.thread_variable_set(:fork_safe, true) # for Puma: children start it again
    rescue ThreadError => e
      say("not started in process #{@process}: #{e.message}")
    end

    # All of it: when it is needed, a deploy may have removed the directory of the gem.
    def load_engine
      Loading.load do
        require_relative "watch/engine"
        require_relative "watch/shipping" if @options.ships?
        @on.rules.each { |rule| rule.address&.load }
      end
    end

    def watch(wait)
      waiting { sleep(wait) }
      until @closed || idle?
        load_engine unless @engine
        @engine ||= introduced(Engine.new(@options, @on))
        @engine.look
        @rest ||= Rest.new(@engine)
        waiting { @rest.call }
      end
    rescue *Trigger::OURS => e
      say("ended in process #{@process}: #{e.message} (#{e.class})")
    end

    # Once, although forked processes have an engine each.
    def introduced(engine)
      engine.introduce unless @introduced
      @introduced = true
      engine
    end

    # Whoever ends the watch reads @waiting after it has set @closed. This thread reads @closed
    # after it has set @waiting, so it is not ended while it looks.
    def waiting
      @waiting = true
      yield unless @closed
    ensure
      @waiting = false
    end

    # Ends the thread, and yields what it has worked with, unless it hangs, and the seconds that are
    # left of its patience. Once.
    def finish
      Watch.stopped(self)
      return if @process != Process.pid || @closed

      @closed = true
      deadline = now + (@on.grace || PATIENCE)
      yield @engine, [deadline - now, 0].max if ended?(deadline) && @engine
      nil
    end

    # A thread that waits for its next look is ended at once; what it does is left to it until the
    # +deadline+. Since @closed is set it looks no more. A rule or a hook may end its own watch.
    def ended?(deadline)
      return true if @thread.nil? || @thread.equal?(Thread.current)

      until @waiting || now > deadline
        return true if @thread.join(STEP)
      end
      !@thread.kill.join(HANGS).nil?
    end

    def now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end

    def say(text)
      Voice.new(@options.logger).say(text)
    end

    # A server's process learns only later than this starts that it is the master. A worker stays
    # one, whatever its title becomes.
    def idle?
      return false if @options.master || @worker

      @worker = Servers.worker?
      !@worker && Servers.master?(forked: @forked)
    end
  end
end

require_relative "work"
require_relative "watch/options"
require_relative "watch/on"
require_relative "watch/machine"
require_relative "watch/facts"
require_relative "watch/rest"
require_relative "watch/stats"
require_relative "watch/voice"
require_relative "watch/servers"
require_relative "watch/after_fork"
# What needs JSON is loaded with a watch that looks at once, else with its first look: in a program
# that Bundler has not set up yet, that would decide for one version of that gem.
HeapDump::Watch.autoload :Engine, "#{__dir__}/watch/engine"
HeapDump::Watch.autoload :Shipping, "#{__dir__}/watch/shipping"
