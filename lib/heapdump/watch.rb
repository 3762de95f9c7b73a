# frozen_string_literal: true

module HeapDump
  # A thread that looks every few seconds whether a rule asks for a dump, as HeapDump.watch starts
  # it.
  #
  #   watch = HeapDump.watch
  #   watch.stats[:dumps] # => 0
  #   watch.stop
  class Watch
    HANGS = 5 # seconds: a file system that hangs must not hold up the end of the process
    private_constant :HANGS

    @current = nil
    @hooked = false
    class << self
      # The watch of this process; nil if there is none.
      attr_reader :current # :nodoc:

      # Starts a watch, and ends that which is there. Without arguments, the one that is there.
      def run(options, block, wait: 0) # :nodoc:
        Ractors.refuse
        return @current if @current && options.empty? && block.nil?

        watch = new(options, block)
        @current&.stop
        hook
        @current = watch
        watch.start(wait)
      end

      # Runs in forked children, and in a process that has become a daemon.
      def after_fork(forked:) # :nodoc:
        @current&.start_in_child(forked)
      end

      def stopped(watch) # :nodoc:
        @current = nil if @current.equal?(watch)
      end

      private

      def hook
        return if @hooked

        @hooked = true
        Process.singleton_class.prepend(AfterFork)
        at_exit { Watch.current&.close }
      end
    end

    def initialize(options, block) # :nodoc:
      @options = Options.new(options)
      @on = On.new(@options.directory)
      block ? block.call(@on) : @on.usual
    end

    # Starts the thread, which looks for the first time after +wait+ seconds. In a master that is
    # known as one there is not even a short-lived thread: Puma tells of the threads that an
    # application has started there, and fails if one ends meanwhile.
    def start(wait) # :nodoc:
      @process = Process.pid
      @engine = @closed = @thread = nil
      return self if wait.zero? && idle?

      load_engine if wait.zero?
      start_thread(wait)
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

    # What it has done in this process, by name (Hash): how many +:looks+, +:dumps+, +:failures+,
    # +:dry+ runs, +:shipped+ dumps and lines of +:notes+; the +:seconds+ that dumps took and their
    # +:bytes+; how often each rule has struck (+:strikes+) and each guard has refused
    # (+:refusals+); what was switched +:off+ because it failed.
    #
    #   watch.stats[:refusals] # => {:headroom => 2}
    def stats
      (@engine&.stats || Stats.new).to_h
    end

    # Ends the watch, and with it the notes. A dump under way goes on. Returns nil.
    #
    #   watch.stop
    #   watch.running? # => false
    def stop
      finish(&:stop)
    end

    # The process ends, or this worker does: what on.exit says, and the last line of the notes.
    # Servers call it when a worker ends; it does nothing the second time.
    #
    #   before_worker_shutdown { HeapDump.watch.close }
    def close
      finish(&:close)
    end

    # Where the dumps go and whether it runs, in one line (String).
    #
    #   watch.inspect # => "#<HeapDump::Watch /var/tmp/heapdump: running>"
    def inspect
      "#<#{self.class} #{@options.directory}: #{running? ? "running" : "stopped"}>"
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

    def load_engine
      Loading.alone { Engine }
    end

    def watch(wait)
      sleep(wait)
      until @closed || idle?
        load_engine unless @engine
        @engine ||= Engine.new(@options, @on)
        @engine.look
        wait_for_the_next unless @closed
      end
    rescue *Trigger::OURS => e
      say("ended in process #{@process}: #{e.message} (#{e.class})")
    end

    # Ends the thread, and yields what it has worked with, unless it hangs. Once.
    def finish
      Watch.stopped(self)
      return if @process != Process.pid || @closed

      @closed = true
      # a rule or a hook may end its own watch
      ended = @thread.nil? || @thread.equal?(Thread.current) || @thread.kill.join(HANGS)
      yield @engine if @engine && ended
      nil
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

    # A look each second at most, however much the kernel has to say.
    def wait_for_the_next
      path = @engine.events_path
      seconds = @engine.pause
      return sleep(seconds) unless path

      File.open(path, "rb") do |file|
        file.read # from here on the kernel tells of changes
        file.wait_priority(seconds) && sleep(1)
      end
    rescue SystemCallError, IOError
      sleep(seconds)
    end
  end
end

require "io/wait"
require_relative "work"
require_relative "watch/options"
require_relative "watch/on"
require_relative "watch/machine"
require_relative "watch/facts"
require_relative "watch/stats"
require_relative "watch/voice"
require_relative "watch/servers"
require_relative "watch/after_fork"
# What needs JSON is loaded with a watch that looks at once, else with its first look: in a program
# that Bundler has not set up yet, that would decide for one version of that gem.
HeapDump::Watch.autoload :Engine, "#{__dir__}/watch/engine"
