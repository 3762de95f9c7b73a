# frozen_string_literal: true

require "stringio"
require_relative "pprof"
require_relative "ractors"
require_relative "snapshot"
require_relative "terminal"
require_relative "whole_file"

module HeapDump
  # What a block has allocated, and what of it is retained: held by a name after the block has
  # ended. Returned by HeapDump.report. Frozen.
  #
  #   report = HeapDump.report(warmup: 1, times: 3) { Import.run("orders.csv") }
  #   report.puts                         # one screen
  #   report.allocated.by(:class).first.key # => "String"
  #   report.retained.first.holder        # => "constant Import::SEEN"
  class BlockReport
    autoload :Allocated, "#{__dir__}/block_report/allocated"
    autoload :Holding, "#{__dir__}/block_report/holding"
    autoload :Json, "#{__dir__}/block_report/json"
    autoload :MemoryProfilerResults, "#{__dir__}/block_report/memory_profiler_results"
    autoload :Options, "#{__dir__}/block_report/options"
    autoload :Page, "#{__dir__}/block_report/page"
    autoload :Retained, "#{__dir__}/block_report/retained"
    autoload :Runs, "#{__dir__}/block_report/runs"
    autoload :Samples, "#{__dir__}/block_report/samples"
    autoload :Speedscope, "#{__dir__}/block_report/speedscope"
    autoload :Survivors, "#{__dir__}/block_report/survivors"
    autoload :Text, "#{__dir__}/block_report/text"
    autoload :Words, "#{__dir__}/block_report/words"

    # Why something that lives is not called retained.
    ASIDE = {
      frame: "held by methods that still run", root: "of tables of Ruby",
      cache: "of caches of Ruby", stack: "on the machine stack, perhaps by chance",
      code: "of code that was loaded", unheld: "held by nothing that a dump shows"
    }.freeze # :nodoc:

    # Does the work of HeapDump.report.
    def self.of(options, block) # :nodoc:
      options = Options.new(**options)
      new(options, Runs.new(options, block).run)
    end

    # What the report is called (String).
    attr_reader :label
    # How often the block ran before it was counted, and how often it was counted (Integer).
    attr_reader :warmup, :times
    # The seconds of each counted run, which are more than without counting (Array of Float), and
    # the GCs that began in it (Array of Integer).
    attr_reader :seconds, :gcs
    # What was allocated, dead or alive (Allocated).
    attr_reader :allocated
    # What of it lives at the end, by whatever it is held, grouped as what was allocated
    # (Allocated).
    attr_reader :alive
    # What of it is held by a name, by its holder (Retained).
    attr_reader :retained
    # How many deaths of objects were not seen, because a hook of another tool allocated at that
    # moment: their sizes are missing (Integer).
    attr_reader :unseen

    def initialize(options, runs) # :nodoc:
      @label = options.label
      @warmup = options.warmup
      @times = options.times
      @seconds = runs.seconds.freeze
      @gcs = runs.gcs.freeze
      @allocated = Allocated.new(runs.counted, times)
      @alive = Allocated.new(runs.counted, times, alive: true)
      @retained = runs.retained
      @unseen = runs.counted[:unseen]
      @settled = runs.settled?
      @samples = Samples.new(runs.counted.except(:survivors))
      freeze
    end

    # Whether all is collected that nothing holds. If not, something has died in the last GC that
    # may have let go of other objects, so some of those that seem to live, or to be retained, may
    # be garbage. With <tt>retained: false</tt> there is one GC alone.
    #
    #   report.settled? # => true
    def settled?
      @settled
    end

    # The report as text (String): one screen, or with +:all+ all groupings with long lists.
    #
    #   File.write("report.txt", report.to_s(:all))
    def to_s(detail = :screen)
      out = StringIO.new
      puts(detail, out)
      out.string
    end

    # Prints the same to an IO. Returns nil. Raises ArgumentError for another +detail+.
    #
    #   report.puts(:all)
    def puts(detail = :screen, out = $stdout)
      Text.new(self, detail).print(Terminal::Screen.new(out))
    end

    # All of it as Hashes and Arrays (Hash with Symbols as keys); docs/block_reports.md lists them.
    #
    #   report.to_h[:allocated][:objects] # => 702114
    def to_h
      Json.new(self).to_h
    end

    # The same as JSON (String).
    #
    #   JSON.parse(report.to_json)["retained"]["grows"] # => true
    def to_json(*)
      Terminal::Json.compact(to_h)
    end

    # A page of HTML that needs nothing else (String).
    #
    #   report.to_html[0, 15] # => "<!DOCTYPE html>"
    def to_html
      Page.new(self).to_s
    end

    # A profile for pprof, compressed (binary String). With <tt>stacks: true</tt> it has stacks,
    # else only the places that allocate.
    #
    #   File.binwrite("import.pb.gz", report.to_pprof)
    def to_pprof
      Pprof.new(@samples, types: Samples::TYPES, default: "alloc_space",
                          duration: (seconds.sum * 1e9).to_i).to_s
    end

    # Flame graphs for https://www.speedscope.app, as JSON (String).
    #
    #   File.write("import.speedscope.json", report.to_speedscope)
    def to_speedscope
      Speedscope.new(self, @samples).to_s
    end

    # The same figures with the methods of MemoryProfiler::Results (MemoryProfilerResults). +top+ is
    # how many rows its lists have.
    #
    #   report.to_memory_profiler.total_allocated # => 702114
    def to_memory_profiler(top: 50)
      MemoryProfilerResults.new(self, top: top)
    end

    # How a file is written, by the ending of its name.
    WRITERS = {
      ".speedscope.json" => :to_speedscope, ".json" => :to_json, ".html" => :to_html,
      ".pb.gz" => :to_pprof, ".pprof.gz" => :to_pprof, ".txt" => :to_text
    }.freeze
    private_constant :WRITERS

    # Writes the report to a file that its owner alone can read, in place of one that is there. The
    # ending of its name says how: .html, .json, .txt (all groupings), .pb.gz or .pprof.gz for
    # pprof, .speedscope.json. Returns nil. Raises ArgumentError for another ending and
    # SystemCallError if the file cannot be written.
    #
    #   report.write("import.html")
    def write(path)
      path = File.path(path)
      _ending, writer = WRITERS.find { |ending, _| path.end_with?(ending) }
      raise ArgumentError, "#{path}: ends in none of #{WRITERS.keys.join(", ")}" unless writer

      WholeFile.write(path, writer == :to_text ? to_s(:all) : public_send(writer))
      nil
    end

    def inspect # :nodoc:
      "#<#{self.class} #{label}: #{allocated.objects} objects allocated, " \
        "#{retained.objects} retained>"
    end
  end
end
