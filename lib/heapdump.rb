# frozen_string_literal: true

require_relative "heapdump/version"
require_relative "heapdump/errors"
require_relative "heapdump/result"
require "heapdump/heapdump"

# Dumps the heap of this process as JSON lines, every reference named, and counts its objects.
#
#   HeapDump.dump("heap.json.zst")             # => #<HeapDump::Result …>
#   HeapDump.counts([MyApp])["user_types"]     # => {"MyApp::Session" => 31337, …}
#
# The format is described in docs/format.md.
module HeapDump
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
    # No other Ruby thread runs until the dump is written. Returns a HeapDump::Result. Raises
    # ArgumentError for a wrong option, HeapDump::WriteError where the dump cannot be written, and
    # HeapDump::Error where one is already running.
    #
    #   result = HeapDump.dump("/var/tmp/heap.json.zst", strings: :none)
    #   result.objects # => 1142259
    def dump(target = "dump.json", gc_first = nil, **options)
      refuse_ractor
      options[:gc] = gc_first unless gc_first.nil?
      exclusively do
        target.respond_to?(:to_io) ? dump_to_io(target.to_io, options) : dump_to_path(target, options)
      end
    end

    # Counts the objects of the heap by type and, below the given +namespaces+ (modules, or their
    # names; one or an array), by class. +gc+ runs a full GC first.
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

    # The same as #counts, as a JSON string for people to read.
    def count_objects(namespaces = [], gc_first = nil, gc: false)
      require "json"
      JSON.pretty_generate(counts(namespaces, gc_first, gc: gc))
    end

    # While the block runs, Ruby records where each object is allocated: a dump taken meanwhile has
    # +file+, +line+, +method+ and +generation+ for them. It slows allocation several times over and
    # takes memory for each object. Returns what the block returns.
    #
    #   HeapDump.trace_allocations do
    #     run_the_leak
    #     HeapDump.dump("traced.json")
    #   end
    def trace_allocations(&block)
      raise ArgumentError, "no block given" unless block

      require "objspace"
      ObjectSpace.trace_object_allocations(&block)
    end

    private

    def refuse_ractor
      return if !defined?(Ractor) || Ractor.current == Ractor.main

      raise Error, "HeapDump works in the main Ractor only; call it there"
    end

    # A timeout or Thread#kill waits until the dump is done: in the middle it could do nothing.
    def write_dump(path, descriptor, options)
      Thread.handle_interrupt(Object => :never) { dump_to(path, descriptor, options) }
    end

    def dump_to_path(target, options)
      path = File.path(target).dup.freeze
      objects, bytes, seconds, pause = write_dump(path, nil, options)
      Result.new(path: path, objects: objects, bytes: bytes, seconds: seconds, pause: pause)
    end

    def dump_to_io(io, options)
      io.flush
      objects, bytes, seconds, pause =
        waits_for_reader?(io) ? dump_to_stream(io, options) : write_dump(nil, io.fileno, options)
      Result.new(path: nil, objects: objects, bytes: bytes, seconds: seconds, pause: pause)
    rescue IOError, SystemCallError => e
      raise WriteError.new("cannot dump the heap to #{io.inspect}: #{e.message}",
                           e.is_a?(SystemCallError) ? e.errno : nil)
    end

    def waits_for_reader?(io)
      stat = io.stat
      !stat.file? && (!stat.chardev? || io.tty?)
    end

    # The other end of a pipe may be read by a thread of this process, or by nobody: nothing may
    # wait for it while no other thread can run. So the dump goes to a file without a name first.
    def dump_to_stream(io, options)
      require "tempfile"
      Tempfile.create("heapdump", mode: File::BINARY) do |file|
        File.unlink(file.path)
        figures = write_dump(nil, file.fileno, options)
        file.rewind
        IO.copy_stream(file, io)
        io.flush
        figures
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
