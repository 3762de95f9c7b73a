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

# Dumps the heap of this process as JSON lines that name every reference, and counts its objects.
#
#   HeapDump.dump("heap.json.zst")             # => #<HeapDump::Result …>
#   HeapDump.counts([MyApp])["user_types"]     # => {"MyApp::Session" => 31337, …}
#
# The format is described in docs/format.md.
module HeapDump
  # The readers of dumps are loaded when they are first used, so a process that only dumps never
  # loads them.
  autoload :Snapshot, "#{__dir__}/heapdump/snapshot"
  autoload :Leaks, "#{__dir__}/heapdump/leaks"
  autoload :Ship, "#{__dir__}/heapdump/ship"
  autoload :Web, "#{__dir__}/heapdump/web"

  class << self
    # Writes every object of the heap to +target+: a path, an IO, or an object with a +write+. If
    # the path ends in .zst or .gz, the dump is compressed. The file can be read by its owner only.
    # It appears under its name when it is whole, and replaces a file of that name. A relative path
    # is resolved in the working directory at the time of the call.
    #
    # An IO (also a socket or Tempfile) is written to through its descriptor. An object that is no
    # IO (a StringIO, Zlib::GzipWriter, OpenSSL::SSL::SSLSocket) gets the dump piece by piece
    # through its +write+, in this thread, however long that takes, even if it has a descriptor
    # below.
    #
    # gc::       run a full GC first (default true), so that only live objects are dumped. The
    #            second positional argument means the same.
    # strings::  how much of the program's data the dump shows: +:full+ (default), +:none+ (lengths
    #            only), +:hash+ (a hash, which shows which strings are equal), or a number (so many
    #            bytes of each). It applies to the contents of strings, symbols made from data and
    #            regexps, but not to the names of classes, methods, variables and files.
    # format::   +:heapdump+ (default) or +:objspace+, what ObjectSpace.dump_all writes.
    # compress:: +:zstd+, +:gzip+ or false; without it the extension of the path decides.
    #
    # fork::     with true (default) forked processes write the dump, and other threads stop only
    #            during the fork. With false this process writes the dump, and no other Ruby thread
    #            runs until it is written. With +:prefer+ that happens, after a warning, if no
    #            process can be forked.
    # processes:: how many forked processes walk the heap (default: one per processor that this
    #            process may use, by its affinity and the CPU quota of its cgroup, at most 4; only
    #            one if +target+ is no path).
    # timeout::  seconds after which the forked processes give up (any real number or duration;
    #            default 600; nil: a day, the maximum). With <tt>fork: false</tt>, how long to wait
    #            for a slow reader of an IO.
    #
    # Returns a HeapDump::Result when the dump is written. Raises ArgumentError for a wrong option,
    # HeapDump::WriteError if the dump cannot be written, HeapDump::ChildDied if one of its
    # processes was killed, HeapDump::Busy if a dump is already running, and HeapDump::Error if no
    # process can be forked. Any other exception of an object's +write+ is passed on unchanged.
    # Every exception, also one of a timeout or of Thread#kill, ends the dump and leaves no file of
    # it. What was written to an IO or object before that cannot be taken back.
    #
    #   result = HeapDump.dump("/var/tmp/heap.json.zst", strings: :none)
    #   result.objects # => 1142259
    def dump(target = "dump.json", gc_first = nil, **options)
      Run.new(target, gc_first, options).result
    end

    # Like #dump, but returns a HeapDump::Pending at once. The dump continues when this process
    # ends, unless it goes to an object that is no IO, because then a thread of this process passes
    # it on to the object's +write+. This process never writes the dump itself, so +fork+ must not
    # be given.
    #
    # Raises what #dump raises for wrong options, for a second dump, for a file that cannot be
    # created, and if no process can be forked. Pending#result raises what goes wrong later.
    #
    #   pending = HeapDump.dump_async("heap.json.zst")
    #   pending.wait(10) or warn "still writing"
    def dump_async(target = "dump.json", gc_first = nil, **options)
      Run.new(target, gc_first, options).pending
    end

    # Counts the objects of the heap by type and, below the given +namespaces+ (modules or their
    # names; one or an Array), by class. With +gc+ it runs a full GC first (default false) and adds
    # <tt>"gc_ran" => true</tt>; the second positional argument means the same.
    #
    # A name that no class or module has counts nothing, because its code may not be loaded yet.
    #
    # Returns a Hash. Raises ArgumentError for a namespace without a name, and HeapDump::Error in a
    # Ractor that is not the main one.
    #
    #   HeapDump.counts([MyApp, "Job"])
    #   # => {"total_slots" => 81920, "free_slots" => 311,
    #   #     "basic_types" => {"T_STRING" => 40713, …}, "user_types" => {"MyApp::Session" => 12, …}}
    def counts(namespaces = [], gc_first = nil, gc: false)
      Counting.of(namespaces, gc_first.nil? ? gc : gc_first)
    end

    # The same as #counts, as indented JSON (String). Raises the same.
    #
    #   puts HeapDump.count_objects("MyApp", gc: true)
    #   # {
    #   #   "gc_ran": true,
    #   #   "total_slots": 81920, …
    def count_objects(namespaces = [], gc_first = nil, gc: false)
      require "json"
      JSON.pretty_generate(counts(namespaces, gc_first, gc: gc))
    end

    # While the block runs, Ruby records where each object is allocated, and a dump that is made
    # meanwhile has +file+, +line+, +method+ and +generation+ for these objects. It slows allocation
    # several times over and takes memory for each object. Returns what the block returns. Raises
    # ArgumentError without a block.
    #
    #   HeapDump.trace_allocations do
    #     run_the_leak
    #     HeapDump.dump("traced.json")
    #   end
    def trace_allocations
      raise ArgumentError, "no block given" unless block_given?

      require "objspace"
      # passed on directly, a lambda would get an argument
      ObjectSpace.trace_object_allocations { yield } # rubocop:disable Style/ExplicitBlockArgument
    end
  end
end
