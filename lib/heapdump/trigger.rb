# frozen_string_literal: true

require "etc"

# Dumps at a signal. The handler must do nothing that may wait for the code that it has interrupted:
# no Mutex (so no Logger), no IO of Ruby's, and it must load nothing.
module HeapDump
  # From now on the signal +signal+ (a name or number) makes this process dump its heap while it
  # continues. The process stands still only during the fork.
  #
  # path:: where the dump goes, with patterns: <tt>%{pid}</tt>, <tt>%{time}</tt> (UTC, to the
  #        millisecond), <tt>%{host}</tt>, <tt>%{count}</tt> (of dumps since this call). A relative
  #        path is resolved in the working directory at the time of this call. A warning says if the
  #        directory is missing or cannot be written to, or if the path itself is a directory.
  #
  # The other options are those of HeapDump.dump, except that +gc+ is false by default, so that the
  # handler does not stop the program for a full GC. So garbage is dumped too, as objects to which
  # nothing refers.
  #
  # A handler that exists already is called after ours: Ruby's last one, also if a C library has
  # put its own handler over that. The handler of a C library itself is not called, only put back by
  # Trigger#remove, and a warning says so. The default action of the signal
  # (USR2 ends a process) no longer happens. Forked children have the handler too. If a handler of
  # this library exists already, as in such a child, it is replaced. A second signal during a dump
  # is dropped. One line each on stderr says that a dump begins, and that it has ended or why it
  # failed.
  #
  # Returns a HeapDump::Trigger. Raises ArgumentError for a signal that cannot be caught, unknown
  # patterns and wrong options; HeapDump::WriteError if the library for +compress:+ is missing;
  # HeapDump::Error in a Ractor that is not the main one.
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
    MARKER_BYTES = 249 # the longest name that the system allows for a marker
    # What a dump may raise. Any other exception belongs to the application and is passed on.
    OURS = [StandardError, ScriptError, NoMemoryError, SystemStackError].freeze # :nodoc:
    private_constant :PATTERNS, :HOST, :MARKER_BYTES

    @installed = {} # signal number => Trigger
    class << self
      # The id of the process in which a dump by a signal is running; nil if none is.
      attr_accessor :dumping # :nodoc:

      # The triggers of this process, by the number of their signal.
      attr_reader :installed # :nodoc:
    end

    # The name of the signal, without "SIG" (String).
    attr_reader :signal
    # The absolute path, with its patterns (String).
    attr_reader :path

    attr_reader :handler, :previous, :action # :nodoc:

    # The option +strings+, nil if it was not given.
    def strings # :nodoc:
      @options[:strings]
    end

    # +announce+ false: other processes cannot see that this one has a handler. +chain+ false: the
    # previous handler is restored by #remove, but not called.
    def initialize(signal, path:, announce: true, chain: true, **options) # :nodoc:
      @number = number_of(signal)
      @signal = Signal.signame(@number)
      path = File.expand_path(path_of(path))
      @path = Compression.name(path, options[:compress]).dup.freeze
      @announce = announce
      @chain = chain
      @options = checked(options)
      @dumps = 0
      @handler = proc { |number| handle(number) }
    end

    # All warnings come first: if one is made to raise, nothing has changed.
    def install # :nodoc:
      check_directory
      warn_of_foreign
      HeapDump.send(:without_signal, @number) { take_over }
      HeapDump.send(:mark, @number, @announce ? marker : nil)
      self
    end

    # True until it is removed or replaced.
    #
    #   trigger.installed? # => true
    def installed?
      @active
    end

    # Restores the handler that was there before, unless another handler has been installed since:
    # that one stays. Does nothing if this trigger was removed or replaced already. Returns nil.
    #
    # If a C library had installed its handler before, and has meanwhile put back that of Ruby which
    # was there before, its handler comes back nevertheless: nobody can see that it has gone. So
    # remove the trigger before the library takes its handler away.
    #
    #   trigger.remove
    #   trigger.installed? # => false
    def remove
      return unless @active

      retire
      Trigger.installed.delete(@number)
      HeapDump.send(:mark, @number, nil)
      HeapDump.send(:without_signal, @number) { hand_back }
      nil
    end

    # From now on a signal dumps nothing, but is still passed on to the previous handler.
    def retire # :nodoc:
      @active = false
    end

    private

    def take_over
      before = Trigger.installed[@number]
      @active = true
      @previous, @action, kind = take_signal
      if before && @previous.equal?(before.handler)
        @previous = before.previous
        @action = before.action if kind == :ruby
      end
      before&.retire
      Trigger.installed[@number] = self
    end

    def hand_back
      current, action, kind = take_signal
      ours = current.equal?(@handler)
      trap(@signal, ours ? @previous : current)
      action = @action if ours && kind == :ruby
      HeapDump.send(:restore_signal_action, @number, action)
    end

    # Installs our handler. Returns what Ruby takes for the handler before, and what the system did
    # before (String, Symbol): Ruby does not see what C libraries install, and its trap does not put
    # back the handlers that do nothing, as that of PIPE.
    def take_signal
      kind, action = HeapDump.send(:signal_action, @number)
      [trap(@signal, @handler), action, kind]
    end

    def warn_of_foreign
      kind, = HeapDump.send(:signal_action, @number)
      return unless kind == :other

      warn "heapdump: a C library has a handler for SIG#{@signal}; it is not called while the " \
           "heap is dumped at this signal, give another signal"
    end

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
      if path.empty? || path.end_with?("/") || %w[. ..].include?(File.basename(path))
        raise ArgumentError, "path: must name a file, not #{path.inspect}"
      end
      return path if unknown.empty?

      raise ArgumentError, "path: has an unknown pattern #{Terminal::Text.safe(unknown.first)}; " \
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

    # Only warns, because directories may be created, moved or mounted before the signal comes.
    def check_directory
      path = @path.gsub("%{host}", HOST)
      directory = File.dirname(path)
      return if directory.match?(/%\{/)

      problem = "is no directory" unless File.directory?(directory)
      problem ||= "cannot be written to by this user" unless File.writable?(directory)
      return warn_of(directory, problem, "until") if problem

      warn_of(path, "is a directory", "while") if File.directory?(path)
    end

    def warn_of(path, problem, time)
      warn "heapdump: #{Terminal::Text.safe(path)} #{problem}; SIG#{@signal} will dump nothing " \
           "#{time} it is"
    end

    def marker
      name = "heapdump:#{@signal}:"
      whole = name + @path
      whole.bytesize > MARKER_BYTES ? name : whole
    end

    # Runs as the signal's handler, on the main thread, between any two steps of the program. An
    # exception that another thread raises for it waits until it is done, and no exception of ours
    # leaves it.
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
      # never in process: this process would stand still until the dump is written
      HeapDump.dump_async(target, **@options)
    end

    def pid
      Process.pid
    end

    # Waits for the dump in a thread that lives no longer than the dump.
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
      say(format("dumped %<path>s: %<figures>s, %<seconds>.3f s; the process stood still for " \
                 "%<pause>.1f ms",
                 path: result.path, figures: result.figures, seconds: result.seconds,
                 pause: (result.pause + result.gc_seconds) * 1000))
    end

    def fail_with(error)
      Trigger.dumping = nil
      say("no dump of process #{pid}: #{error.message} (#{error.class})")
    end

    def say(text)
      HeapDump.send(:notice, "heapdump: SIG#{@signal}: #{Terminal::Text.safe(text)}\n")
    end
  end
end
