# frozen_string_literal: true

require_relative "heapdump/version"
require_relative "heapdump/errors"
require_relative "heapdump/result"
require_relative "heapdump/pending"
require "io/wait"
require_relative "heapdump/extension"
HeapDump::Extension.load
require_relative "heapdump/trigger"

# Dumps the heap of this process as JSON lines, every reference named, and counts its objects.
#
#   HeapDump.dump("heap.json.zst")             # => #<HeapDump::Result …>
#   HeapDump.counts([MyApp])["user_types"]     # => {"MyApp::Session" => 31337, …}
#
# The format is described in docs/format.md.
module HeapDump
  # Readers of dumps: loaded when they are asked for, never by who only dumps.
  autoload :Snapshot, "#{__dir__}/heapdump/snapshot"
  autoload :Leaks, "#{__dir__}/heapdump/leaks"

  # How often a dump is tried, where other Ractors run on a Ruby that cannot stop them (3.1).
  ATTEMPTS = 3
  private_constant :ATTEMPTS

  class << self
    # Writes every object of the heap to +target+: a path, or an IO that has a descriptor (a file,
    # pipe or socket). A path that ends in .zst or .gz is compressed. The file can be read by its
    # owner alone; it appears under its name when it is whole, and replaces one that is there.
    #
    # gc::       run a full GC first (default true), so that only living objects are dumped. The
    #            second positional argument means the same.
    # strings::  what of the program's data may be seen: +:full+ (default), +:none+ (lengths only),
    #            +:hash+ (equal strings can still be told), or a number of bytes to keep. It governs
    #            contents of strings, symbols made from data and regexps, but no names of classes,
    #            methods, variables and files.
    # format::   +:heapdump+ (default) or +:objspace+, what ObjectSpace.dump_all writes.
    # compress:: +:zstd+, +:gzip+ or false, where the extension should not decide.
    #
    # fork::     by default (true) forked processes write the dump, and other threads stop for the
    #            fork alone. With false no other Ruby thread runs until the dump is written; so it
    #            is, with a warning, where no process can be forked.
    # processes:: how many of them walk the heap (default: one per processor, 16 at most; one alone
    #            for an IO).
    # timeout::  seconds after which they give up (default 600).
    #
    # Returns a HeapDump::Result when the dump is written. Raises ArgumentError for a wrong option,
    # HeapDump::WriteError where the dump cannot be written, HeapDump::ChildDied where one of its
    # processes was killed, and HeapDump::Error where a dump is already running.
    #
    #   result = HeapDump.dump("/var/tmp/heap.json.zst", strings: :none)
    #   result.objects # => 1142259
    def dump(target = "dump.json", gc_first = nil, **options)
      attempts ||= 0
      await(start_dump(target, gc_first, options))
    rescue WriteError => e
      # Another Ractor was in the way: once more, unless part of it has been read already.
      raise if e.errno != Errno::EDEADLK::Errno || e.path.nil? || (attempts += 1) == ATTEMPTS

      retry
    end

    # As #dump, but returns at once with a HeapDump::Pending (a Result where no process could be
    # forked). What it started goes on when this process ends.
    #
    # Raises what #dump does for wrong options, a second dump and a file that cannot be made. What
    # goes wrong later is raised by Pending#result.
    #
    #   pending = HeapDump.dump_async("heap.json.zst")
    #   pending.wait(10) or warn "still writing"
    def dump_async(target = "dump.json", gc_first = nil, **options)
      start_dump(target, gc_first, options.merge(fork: true))
    end

    # Counts the objects of the heap by type and, below the given +namespaces+ (modules, or their
    # names; one or an array), by class. +gc+ runs a full GC first (default false), and adds
    # <tt>"gc_ran" => true</tt>; the second positional argument means the same.
    #
    # Returns a Hash. Raises ArgumentError for a namespace without a name, and HeapDump::Error where
    # this is not the main Ractor.
    #
    #   HeapDump.counts([MyApp, "Job"])
    #   # => {"total_slots" => 81920, "free_slots" => 311,
    #   #     "basic_types" => {"T_STRING" => 40713, …}, "user_types" => {"MyApp::Session" => 12, …}}
    def counts(namespaces = [], gc_first = nil, gc: false)
      refuse_ractor
      gc = gc_first unless gc_first.nil?
      names = Array(namespaces).map { |namespace| namespace_name(namespace) }
      result = count(names, gc ? true : false)
      gc ? { "gc_ran" => true }.merge(result) : result
    end

    # The same as #counts, as JSON for people to read (String). Raises the same.
    #
    #   puts HeapDump.count_objects("MyApp", gc: true)
    #   # {
    #   #   "gc_ran": true,
    #   #   "total_slots": 81920, …
    def count_objects(namespaces = [], gc_first = nil, gc: false)
      require "json"
      JSON.pretty_generate(counts(namespaces, gc_first, gc: gc))
    end

    # While the block runs, Ruby records where each object is allocated: a dump taken meanwhile has
    # +file+, +line+, +method+ and +generation+ for them. It slows allocation several times over and
    # takes memory for each object. Returns what the block returns. Raises ArgumentError without a
    # block.
    #
    #   HeapDump.trace_allocations do
    #     run_the_leak
    #     HeapDump.dump("traced.json")
    #   end
    def trace_allocations
      raise ArgumentError, "no block given" unless block_given?

      require "objspace"
      # given on as it is, a lambda would be passed an argument
      ObjectSpace.trace_object_allocations { yield } # rubocop:disable Style/ExplicitBlockArgument
    end

    # What leaks, by several dumps of one process (paths or Snapshots), taken with some work between
    # them: a Leaks, whose suspects say class, growth, holder and place. Three dumps or more give a
    # verdict, two tell what grew, with less confidence. Raises ArgumentError for less than two, and
    # what Snapshot.open raises.
    #
    #   HeapDump.leaks("1.json", "2.json", "3.json").each do |suspect|
    #     puts "#{suspect.class_name} #{suspect.counts.join(" → ")}: #{suspect.holder}"
    #   end
    #   # Shop::Session 0 → 400 → 800: constant Shop::SESSIONS (app.rb:12)
    def leaks(*dumps)
      Leaks.of(dumps)
    end

    private

    def await(started)
      return started unless started.is_a?(Pending)

      begin
        started.result
      ensure
        started.cancel unless started.done? # a timeout or Thread#kill came
      end
    end

    def refuse_ractor
      return if !defined?(Ractor) || Ractor.current == Ractor.main

      raise Error, "HeapDump works in the main Ractor only; call it there"
    end

    # One at a time. A mark left by the parent of this process means nothing.
    def start_dump(target, gc_first, options)
      refuse_ractor
      refuse_second_dump
      options[:gc] = gc_first unless gc_first.nil?
      begin
        @running = Process.pid
        started = dump_to(target, options)
        @pending = started if started.is_a?(Pending)
        started
      ensure
        @running = nil
      end
    end

    def dump_to(target, options)
      return dump_to_io(target.to_io, options) if target.respond_to?(:to_io)

      begin
        path = File.path(target)
      rescue TypeError
        raise ArgumentError, "a heap dump goes to a path or an IO with a descriptor, " \
                             "not #{target.inspect}"
      end
      run(path.dup.freeze, nil, options)
    end

    def refuse_second_dump
      @pending = nil if @pending && (@pending_process != Process.pid || @pending.done?)
      return unless @pending || @running == Process.pid

      raise Error, "a heap dump of process #{Process.pid} is already running; wait until it is done"
    end

    # A timeout or Thread#kill waits until the fork is over: in the middle it could do nothing.
    def run(path, io, options)
      only = options[:fork] == :only
      options = options.merge(fork: true) if only
      return dump_to_stream(io, options) if io && !options.fetch(:fork, true) && slow_reader?(io)

      figures = Thread.handle_interrupt(Object => :never) { start(path, io&.fileno, options) }
      return outcome(path, figures) unless figures.is_a?(Integer)

      reason = SystemCallError.new(nil, figures).message
      raise Error, "cannot fork: #{reason}" if only

      warn "heapdump: cannot fork (#{reason}); dumping in process #{Process.pid} itself, " \
           "in which no other thread runs meanwhile"
      run(path, io, options.merge(fork: false))
    end

    # What the extension's `start` has returned, as a Result or Pending.
    def outcome(path, (gc_seconds, pause, *rest))
      times = { path: path, gc_seconds: gc_seconds, pause: pause }
      return Result.new(**times, **%i[objects bytes seconds].zip(rest).to_h) if rest.size == 3

      @pending_process = Process.pid
      pid, report, partial, timeout = rest.first
      Pending.new(pid: pid, report: IO.for_fd(report), partial: partial, timeout: timeout, **times)
    end

    def dump_to_io(io, options)
      io.flush
      run(nil, io, options)
    rescue IOError, SystemCallError => e
      raise WriteError.new("cannot dump the heap to #{io.inspect}: #{e.message}",
                           e.is_a?(SystemCallError) ? e.errno : nil)
    end

    def slow_reader?(io)
      stat = io.stat
      !stat.file? && (!stat.chardev? || io.tty?)
    end

    # In process, nothing may wait for the other end of a pipe, which may be read by a thread of
    # this very process, or by nobody. So the dump goes to a file without a name first.
    def dump_to_stream(io, options)
      require "tempfile"
      Tempfile.create("heapdump", mode: File::BINARY) do |file|
        File.unlink(file.path)
        result = run(nil, file, options)
        file.rewind
        IO.copy_stream(file, io)
        io.flush
        result
      end
    end

    def namespace_name(namespace)
      case namespace
      when Module
        namespace.name or raise ArgumentError, "#{namespace.inspect} has no name to count by"
      when String, Symbol
        namespace.to_s
      else
        raise ArgumentError, "a namespace must be a module or a name, not #{namespace.inspect}"
      end
    end
  end
end
