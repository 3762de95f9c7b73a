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
  autoload :BlockReport, "#{__dir__}/heapdump/block_report"
  autoload :Sampling, "#{__dir__}/heapdump/sampling"
  autoload :Extract, "#{__dir__}/heapdump/extract"
  autoload :Fleet, "#{__dir__}/heapdump/fleet"
  autoload :Snapshot, "#{__dir__}/heapdump/snapshot"
  autoload :Leaks, "#{__dir__}/heapdump/leaks"
  autoload :Trends, "#{__dir__}/heapdump/trends"
  autoload :Ship, "#{__dir__}/heapdump/ship"
  autoload :Web, "#{__dir__}/heapdump/web"
  autoload :Endpoint, "#{__dir__}/heapdump/endpoint"
  autoload :Work, "#{__dir__}/heapdump/work"
  autoload :Rack, "#{__dir__}/heapdump/rack"
  autoload :Sidekiq, "#{__dir__}/heapdump/sidekiq"
  autoload :ActiveJob, "#{__dir__}/heapdump/active_job"
  # Loaded by HeapDump.watch.
  autoload :Watch, "#{__dir__}/heapdump/watch"
  # Loaded where dumps can be asked for from afar.
  autoload :Asking, "#{__dir__}/heapdump/asking"

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
    # Every exception, also one of a timeout, of Thread#kill or of a signal's handler, ends the
    # dump, leaves no file of it, and arrives; one that a handler raises meanwhile arrives in its
    # place, with it as its cause. But while a getter of a global variable or a mark function runs
    # that is written in C, a StandardError of a handler is taken for one of that function, and is
    # dropped. What was written to an IO or object before that cannot be taken back.
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

    # Watches this process and the processes that it forks, in a thread of each: when a rule asks
    # for it, forked processes dump the heap, unless a guard forbids that. Without a block it dumps
    # when 0.5, 0.7 and 0.85 of the limit of the memory are used, when private memory has become 2.5
    # times what it was, and when a file +ask+ appears in the directory. The rules of a block
    # replace all of these; a block without a rule, as one with on.dump alone, keeps them.
    # HeapDump::Watch::On lists the rules.
    #
    # to::       the directory (default /var/tmp/heapdump), made if it is not there. The dumps of
    #            one process are in a directory of their own in it, <tt>series-…</tt>. Or an
    #            address, as HeapDump::Ship.sink has them, or <tt>[directory, address]</tt>: then
    #            `heapdump ship`, a process of its own, brings each dump there
    # name::     the name of a dump, with the patterns <tt>%{app}</tt>, <tt>%{host}</tt>,
    #            <tt>%{pid}</tt>, <tt>%{series}</tt>, <tt>%{count}</tt>, <tt>%{time}</tt>,
    #            <tt>%{unixtime}</tt>; one of the last three must be there. Its ending decides
    #            about the compression
    # strings::  as in #dump, but +:hash+ if it is not given
    # every::    seconds between looks (default 10)
    # settle::   seconds after the start without a dump (default 300), but for the highest mark of
    #            the memory and for who asks
    # cooldown:: seconds between two dumps (default 900), but for further marks of the memory; and
    #            after a refusal or a failure until the same rule is heard again
    # at_most::  dumps in 24 hours, of this process and of the directory, so that a restart gives no
    #            new ones (default 9; nil: any number). As many as there are marks of the memory are
    #            kept for what grows, and as many for what does so after a start
    # keep::     what stays in the directory: +files:+ (12), +bytes:+ (4 GiB), +for:+ (14 days).
    #            Older series are removed; of the own series never the first and the last dump
    # only::     an object with a method +call+ that gets a HeapDump::Watch::Facts and says whether
    #            this process is to dump at all; called in the thread of the watch, once in a look.
    #            One that raises says no
    # limit::    the limit of the memory, if the one of the control group is not right
    # ask::      the address of a bus, or several, over which `heapdump ask` asks for dumps, as
    #            <tt>file:/shared</tt> (default: HEAPDUMP_ASK of the environment)
    # dry::      with true, it writes the notes, but only says when it would dump
    # logger::   gets the lines instead of stderr, by its method +warn+
    # master::   with true, the master of a server with workers is watched, too
    #
    # Returns a HeapDump::Watch; another call replaces it, and one without arguments returns it, or
    # starts one. HeapDump::Watch.current returns it and starts none.
    # Raises ArgumentError for wrong options, HeapDump::WriteError if a compression is named whose
    # library is missing, and HeapDump::Error for a wrong address and in a Ractor that is not the
    # main one. Whether a gem is missing that the address needs is told after the first look. Later
    # nothing is raised into the application: what goes wrong is a line of the log.
    #
    #   HeapDump.watch(to: "/var/tmp/heapdump") { |on| on.memory at: [0.6, 0.8] }
    #   HeapDump::Watch.current.stats[:dumps] # => 0
    def watch(*bare, **options, &block)
      unless bare.empty?
        raise ArgumentError, "HeapDump.watch takes options only: a directory or address is to:, " \
                             "as HeapDump.watch(to: \"/var/tmp/heapdump\")"
      end

      Watch.run(options, block)
    end

    # Runs a block and reports what it has allocated, and what of that is retained: what a name
    # holds after the block has ended, by its holder. Meanwhile garbage is collected as usual. The
    # value of the block is dropped, so that it is not held.
    #
    # label::    what the report is called (default "block")
    # warmup::   how often the block runs before it is counted (default 0), so that code is loaded
    #            and caches are filled
    # times::    how often it is counted (default 1): figures are medians of the runs, and
    #            something grows if each run has added to it
    # threads::  +:all+ (default), or +:current+ for what this thread allocates
    # stacks::   with true or a number of frames (2 to 512), the stacks that allocate are noted,
    #            which takes longer (default false)
    # retained:: with false, nobody looks for holders of what lives, and the dump that is needed for
    #            it is not made (default true)
    #
    # Returns a HeapDump::BlockReport. Passes on what the block raises. Raises ArgumentError for
    # wrong options and without a block, HeapDump::Busy if another report or a dump is under way,
    # HeapDump::Error in a Ractor that is not the main one or beside other Ractors, and what #dump
    # raises.
    #
    #   report = HeapDump.report(warmup: 1, times: 3) { Import.run("orders.csv") }
    #   report.puts
    #   report.retained.first.holder # => "constant Import::SEEN"
    def report(**options, &block)
      raise ArgumentError, "no block given" unless block

      BlockReport.of(options, block)
    end

    # Notes from now on where some of the objects are allocated, and follows these as long as they
    # live, so that HeapDump::Sampling#profile can say where the living memory comes from. Dumps say
    # it of these objects, too (+file+, +line+, +method+, +generation+). It is meant for production:
    # docs/sampling.md has its cost and how right its figures are.
    #
    # every::  bytes of slots of the heap that are allocated between two samples, on average
    #          (default "512 KiB"; an Integer, or a text with a unit). A slot has 40 bytes, so one
    #          of 13,107 objects is a sample. What an object has outside of its slot does not count
    # stacks:: how many frames of a stack are noted (1 to 512, default 64); 1 for the place alone
    # seed::   the same seed makes the same choices (an Integer; default: a random one)
    #
    # Returns a HeapDump::Sampling; it goes on until HeapDump.stop_sampling, and in processes that
    # are forked. With a block it yields the Sampling, ends when the block ends, and returns what
    # the block returns. Raises ArgumentError for wrong options, HeapDump::Busy if allocations are
    # sampled already, and HeapDump::Error in a Ractor that is not the main one or beside others.
    #
    #   HeapDump.sample_allocations
    #   # later, for example every hour:
    #   HeapDump.sampling.profile.write("heap.pb.gz") # go tool pprof -top heap.pb.gz
    def sample_allocations(every: "512 KiB", stacks: 64, seed: nil, &block)
      Sampling.start(block, every: every, stacks: stacks, seed: seed)
    end

    # The HeapDump::Sampling that runs in this process; nil if none does.
    #
    #   HeapDump.sampling&.figures
    def sampling
      Sampling.current
    end

    # Ends what HeapDump.sample_allocations has begun, and forgets all samples. Returns true, or
    # false if nothing was sampled.
    #
    #   HeapDump.stop_sampling # => true
    def stop_sampling
      Sampling.current&.stop || false
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
