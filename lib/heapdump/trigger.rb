# frozen_string_literal: true

require "etc"

# Dumps at a signal. In the handler itself nothing may happen that can wait for the code which it
# has interrupted: no Mutex (so no Logger), no IO of Ruby's, nothing that is only now loaded.
module HeapDump
  # From now on the signal +signal+ (a name or number) makes this process dump its heap while it
  # goes on. The process stands still for the fork alone.
  #
  # path:: where to, with patterns: <tt>%{pid}</tt>, <tt>%{time}</tt> (UTC, to the millisecond),
  #        <tt>%{host}</tt>, <tt>%{count}</tt> (of dumps since this call). Relative to what is now
  #        the working directory. One warning tells if the directory is not there.
  #
  # The other options are those of HeapDump.dump. But +gc+ is false by default, so that the handler
  # does not hold up the program for a full GC: garbage is dumped too, as what nothing refers to.
  #
  # A handler that is there is called after ours. What the signal does by default (USR2 ends a
  # process) it does no longer. Forked children have the handler too. Where one of ours is there, as
  # in such a child, it is replaced. A second signal during a dump is dropped. Beginning and end, or
  # the reason of failure, are told by one line each on stderr.
  #
  # Returns a HeapDump::Trigger. Raises ArgumentError for a signal that cannot be caught, unknown
  # patterns and wrong options; HeapDump::WriteError where the compression's library is missing;
  # HeapDump::Error where this is not the main Ractor.
  #
  #   trigger = HeapDump.on_signal("USR2", path: "/var/tmp/heap-%{pid}-%{time}.json.zst")
  #   trigger.remove
  def self.on_signal(signal = "USR2", path:, **options)
    Ractors.refuse
    Trigger.new(signal, path: path, **options).install
  end

  # A signal that dumps the heap, as HeapDump.on_signal returns it.
  #
  #   trigger = HeapDump.on_signal("SIGUSR2", path: "/var/tmp/heap-%{pid}.json")
  #   trigger.signal # => "USR2"
  #   trigger.path   # => "/var/tmp/heap-%{pid}.json"
  class Trigger
    PATTERNS = {
      "%{pid}" => -> { Process.pid.to_s },
      "%{time}" => -> { Time.now.utc.strftime("%Y%m%dT%H%M%S.%LZ") },
      "%{host}" => -> { HOST },
      "%{count}" => -> { @dumps.to_s }
    }.freeze
    HOST = Etc.uname[:nodename].tr("/", "_").freeze
    MARKER_BYTES = 249 # what the system takes for the name of a marker
    # What a dump may raise; anything else is the application's, and goes on its way.
    OURS = [StandardError, ScriptError, NoMemoryError, SystemStackError].freeze
    private_constant :PATTERNS, :HOST, :MARKER_BYTES, :OURS

    @installed = {} # signal number => Trigger
    class << self
      # The process in which a dump by a signal is under way; nil for none.
      attr_accessor :dumping # :nodoc:

      # The triggers that this process has, by number of the signal.
      attr_reader :installed # :nodoc:
    end

    # The name of the signal, without "SIG" (String).
    attr_reader :signal
    # The absolute path with its patterns (String).
    attr_reader :path

    attr_reader :handler, :previous # :nodoc:

    # +announce+ false: no other process is told that this one has a handler. +chain+ false: the
    # handler before is put back by #remove, but not called.
    def initialize(signal, path:, announce: true, chain: true, **options) # :nodoc:
      @number = number_of(signal)
      @signal = Signal.signame(@number)
      @path = File.expand_path(path_of(path)).freeze
      @announce = announce
      @chain = chain
      @options = checked(options)
      @dumps = 0
      @handler = proc { |number| handle(number) }
    end

    def install # :nodoc:
      check_directory
      before = Trigger.installed[@number]
      @active = true
      current = trap(@signal, @handler)
      @previous = before && current.equal?(before.handler) ? before.previous : current
      before&.retire
      Trigger.installed[@number] = self
      HeapDump.send(:mark, @number, @announce ? marker : nil)
      self
    end

    # True until it is removed or replaced.
    #
    #   trigger.installed? # => true
    def installed?
      @active
    end

    # Puts back the handler that was there before, unless another has been installed since: that one
    # stays. Does nothing where this trigger was removed or replaced already. Returns nil.
    #
    #   trigger.remove
    #   trigger.installed? # => false
    def remove
      return unless @active

      retire
      Trigger.installed.delete(@number)
      HeapDump.send(:mark, @number, nil)
      current = trap(@signal, @handler)
      trap(@signal, current.equal?(@handler) ? @previous : current)
      nil
    end

    # The signal is still handed on to the handler before.
    def retire # :nodoc:
      @active = false
    end

    private

    def number_of(signal)
      signal = Signal.signame(signal) if signal.is_a?(Integer)
      name = signal.to_s.delete_prefix("SIG")
      number = Signal.list.fetch(name, 0)
      if %w[CHLD CLD].include?(name)
        raise ArgumentError, "#{signal.inspect} comes whenever a child process ends; " \
                             "name another signal, as \"USR2\""
      end
      return number if number.positive? && !%w[KILL STOP].include?(name)

      raise ArgumentError, "#{signal.inspect} is no signal that can be caught; " \
                           "name one of Signal.list, as \"USR2\""
    end

    def path_of(path)
      path = File.path(path)
      path = path.b unless path.valid_encoding? # any bytes may be a name
      unknown = path.scan(/%\{[^}]*\}?/) - PATTERNS.keys
      return path if unknown.empty?

      raise ArgumentError, "path: has an unknown pattern #{unknown.first}; " \
                           "there are #{PATTERNS.keys.join(" ")}"
    rescue TypeError
      raise ArgumentError, "path: must be a path, not #{path.inspect}"
    end

    def checked(options)
      if options.key?(:fork) && options[:fork] != true
        raise ArgumentError, "fork: must be true here, not #{options[:fork].inspect}: " \
                             "the signal's handler would hold up the whole process"
      end
      options = { gc: false }.merge(options, fork: true).freeze
      HeapDump.send(:check_options, @path, options.dup)
      options
    end

    # Only warns: it may be made or mounted before the signal comes.
    def check_directory
      directory = File.dirname(@path)
      return if directory.match?(/%\{(?!host)/)

      directory = directory.gsub("%{host}", HOST)
      problem = "is no directory" unless File.directory?(directory)
      problem ||= "cannot be written to by this user" unless File.writable?(directory)
      return unless problem

      warn "heapdump: #{directory} #{problem}; SIG#{@signal} will dump nothing until it is"
    end

    def marker
      name = "heapdump:#{@signal}:"
      whole = name + @path
      whole.bytesize > MARKER_BYTES ? name : whole
    end

    # Runs as the signal's handler, on the main thread, in the middle of anything. An exception that
    # another thread raises here waits, and none of ours gets out.
    def handle(number)
      if @active && Trigger.dumping == pid
        say("a dump is already under way, this signal is dropped")
      elsif @active
        Thread.handle_interrupt(Object => :never) { begin_dump }
      end
      @previous.call(number) if @chain && @previous.respond_to?(:call)
    end

    def begin_dump
      Trigger.dumping = pid
      started = dump
      watch(started)
      watched = true
    rescue *OURS => e
      return fail_with(e) unless started

      say("process #{started.pid} writes it, but its end cannot be waited for: #{e.message}")
    ensure
      Trigger.dumping = nil unless watched
    end

    def dump
      @dumps += 1
      target = @path.gsub(/%\{\w+\}/) { |pattern| instance_exec(&PATTERNS.fetch(pattern)) }.freeze
      say("dumping the heap of process #{pid} to #{target}")
      # never in this process, which would stand still for all of the dump
      HeapDump.dump_async(target, **@options)
    end

    def pid
      Process.pid
    end

    # A thread, which may wait and lives no longer than the dump.
    def watch(started)
      Thread.new do
        Thread.current.name = "heapdump"
        report(await(started))
      rescue *OURS => e
        fail_with(e)
      end
    end

    def await(started)
      started.result
    ensure
      Trigger.dumping = nil # even if the thread is killed
    end

    def report(result)
      say(format("dumped %<path>s: %<objects>d objects, %<bytes>d bytes, %<seconds>.3f s; " \
                 "the process stood still for %<pause>.1f ms",
                 path: result.path, objects: result.objects, bytes: result.bytes,
                 seconds: result.seconds, pause: (result.pause + result.gc_seconds) * 1000))
    end

    def fail_with(error)
      Trigger.dumping = nil
      say("no dump of process #{pid}: #{error.message} (#{error.class})")
    end

    def say(text)
      HeapDump.send(:notice, "heapdump: SIG#{@signal}: #{text.tr("\n", " ")}\n")
    end
  end
end
