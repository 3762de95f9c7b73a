# frozen_string_literal: true

require_relative "heapdump/version"
require_relative "heapdump/errors"
require_relative "heapdump/result"
require_relative "heapdump/run"
require_relative "heapdump/counting"
require_relative "heapdump/extension"
HeapDump::Extension.load
require_relative "heapdump/trigger"
require_relative "heapdump/leaks/entry"

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

  class << self
    # Writes every object of the heap to +target+: a path, an IO, or an object with a +write+. A
    # path that ends in .zst or .gz is compressed. The file can be read by its owner alone; it
    # appears under its name when it is whole, and replaces one that is there. A relative path is
    # one of the working directory of now.
    #
    # An IO (also a socket or Tempfile) is written to through its descriptor. What is no IO (a
    # StringIO, Zlib::GzipWriter, OpenSSL::SSL::SSLSocket) is given the dump piece by piece by its
    # +write+, in this thread, as long as that takes; whatever descriptor may lie below it.
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
    #            fork alone. With false no other Ruby thread runs until the dump is written. With
    #            +:prefer+ that happens, with a warning, where no process can be forked.
    # processes:: how many of them walk the heap (default: one per processor that this process may
    #            use, by its affinity and the CPU quota of its cgroup, 4 at most; one alone for what
    #            is no path).
    # timeout::  seconds after which they give up (any real number or duration; default 600; nil: a
    #            day, the most there is). Without them, how long a slow reader of an IO is waited
    #            for.
    #
    # Returns a HeapDump::Result when the dump is written. Raises ArgumentError for a wrong option,
    # HeapDump::WriteError where the dump cannot be written, HeapDump::ChildDied where one of its
    # processes was killed, HeapDump::Busy where a dump is already running, and HeapDump::Error
    # where no process can be forked. What else the +write+ of an object raises comes as it is.
    # Whatever is raised, also by a timeout or Thread#kill, ends the dump and leaves nothing of it.
    #
    #   result = HeapDump.dump("/var/tmp/heap.json.zst", strings: :none)
    #   result.objects # => 1142259
    def dump(target = "dump.json", gc_first = nil, **options)
      Run.new(target, gc_first, options).result
    end

    # As #dump, but returns at once with a HeapDump::Pending. What it started goes on when this
    # process ends; but not where the dump goes to an object that is no IO: a thread of this process
    # hands it on to the +write+ of that. It never dumps in process, so +fork+ must not be given.
    #
    # Raises what #dump does for wrong options, a second dump, a file that cannot be made, and where
    # no process can be forked. What goes wrong later is raised by Pending#result.
    #
    #   pending = HeapDump.dump_async("heap.json.zst")
    #   pending.wait(10) or warn "still writing"
    def dump_async(target = "dump.json", gc_first = nil, **options)
      Run.new(target, gc_first, options).pending
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
      Counting.of(namespaces, gc_first.nil? ? gc : gc_first)
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
  end
end
