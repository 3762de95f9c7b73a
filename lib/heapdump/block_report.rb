# frozen_string_literal: true

require_relative "ractors"
require_relative "snapshot"
require_relative "terminal"

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
    autoload :Options, "#{__dir__}/block_report/options"
    autoload :Retained, "#{__dir__}/block_report/retained"
    autoload :Runs, "#{__dir__}/block_report/runs"
    autoload :Survivors, "#{__dir__}/block_report/survivors"
    autoload :Text, "#{__dir__}/block_report/text"
    autoload :Words, "#{__dir__}/block_report/words"

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
      freeze
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

    def inspect # :nodoc:
      "#<#{self.class} #{label}: #{allocated.objects} objects allocated, " \
        "#{retained.objects} retained>"
    end
  end
end
