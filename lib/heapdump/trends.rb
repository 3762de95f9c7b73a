# frozen_string_literal: true

require_relative "errors"
require_relative "terminal"
require_relative "dump_files"
require_relative "extract"

module HeapDump
  # How processes developed over many dumps: what of them is static, goes up and down, fills up, or
  # leaks, and how fast. Dumps of different processes are never compared. HeapDump::Leaks compares
  # two or three dumps and shows more of these. docs/trends.md explains the verdicts. Enumerable.
  #
  #   trends = HeapDump::Trends.of("/var/tmp/heapdump")
  #   trends.first.title                     # => "shop on web-1, pid 41"
  #   trends.first.leaks.first.class_name    # => "Shop::Session"
  #   trends.first.leaks.first.line.per_hour # => 95.4
  class Trends
    autoload :Account, "#{__dir__}/trends/account"
    autoload :Axes, "#{__dir__}/trends/axes"
    autoload :Clock, "#{__dir__}/trends/clock"
    autoload :Columns, "#{__dir__}/trends/columns"
    autoload :Dump, "#{__dir__}/trends/dump"
    autoload :Evidence, "#{__dir__}/trends/evidence"
    autoload :Files, "#{__dir__}/trends/files"
    autoload :Filling, "#{__dir__}/trends/filling"
    autoload :Grouping, "#{__dir__}/trends/grouping"
    autoload :Judge, "#{__dir__}/trends/judge"
    autoload :Leak, "#{__dir__}/trends/leak"
    autoload :Life, "#{__dir__}/trends/life"
    autoload :Line, "#{__dir__}/trends/line"
    autoload :Lines, "#{__dir__}/trends/lines"
    autoload :Lives, "#{__dir__}/trends/lives"
    autoload :Order, "#{__dir__}/trends/order"
    autoload :Rates, "#{__dir__}/trends/rates"
    autoload :Rules, "#{__dir__}/trends/rules"
    autoload :Series, "#{__dir__}/trends/series"
    autoload :Shape, "#{__dir__}/trends/shape"
    autoload :Statistics, "#{__dir__}/trends/statistics"
    autoload :Words, "#{__dir__}/trends/words"

    include Enumerable

    # The verdicts, by the words that the command and its JSON have for them.
    VERDICTS = { leak: "leak", slow: "slow dynamic", fast: "fast dynamic", static: "static",
                 unknown: "not enough dumps" }.freeze

    # One for each life of a process, the one with most dumps first (Array of Series).
    attr_reader :series
    # What is to be known besides, each in one sentence (Array of String): files that were left out,
    # and deploys. Those of one process are Series#warnings.
    attr_reader :warnings

    # Compares dumps (Array of paths, also of directories, of series of a watch, and of extracts,
    # DUMP.hdextract). Dumps that cannot be read or are not whole are left out, and #warnings says
    # so; with +strict+ they raise. With a block, each Snapshot that has to be read is yielded
    # before that, with the number of its file and of all files. +index+ is as for Extract.of: with
    # +false+ nothing is kept beside dumps. Raises ReadError if no dump is left, and HeapDump::Error
    # for a directory without dumps.
    #
    #   HeapDump::Trends.of(Dir["/var/tmp/heap-*.dump"]).map(&:title)
    def self.of(*paths, strict: false, index: :auto, &before)
      files = Files.new(paths.flatten, index: index)
      columns = Columns.new
      dumps = files.dumps(columns, strict: strict, &before)
      new(Lives.of(dumps).map { |life| Series.new(life, columns) }, files.warnings)
    end

    # The Series of extracts (Array of [name, Extract]).
    def self.of_extracts(named) # :nodoc:
      columns = Columns.new
      dumps = named.each_with_index.map do |(name, extract), ordinal|
        columns.add(ordinal, extract)
        Dump.new(name, extract, ordinal)
      end
      Lives.of(dumps).map { |life| Series.new(life, columns) }
    end

    def initialize(series, warnings) # :nodoc:
      @series = series.sort_by.with_index { |one, at| [-one.dumps.size, at] }.freeze
      @warnings = [*warnings, *deploys].freeze
      freeze
    end

    # Yields each Series.
    def each(&)
      series.each(&)
    end

    # True if no series has a leak. A series of fewer than four dumps has none, whatever leaks.
    #
    #   exit 2 unless HeapDump::Trends.of("/var/tmp/heapdump").clean?
    def clean?
      none?(&:leaks?)
    end

    # The command's JSON (Hash), without +:schema_version+.
    #
    #   trends.to_h.keys # => [:warnings, :series]
    def to_h
      { warnings: warnings, series: map(&:to_h) }
    end

    def inspect # :nodoc:
      "#<#{self.class} #{map(&:title).join("; ")}>"
    end

    private

    # Series of the same program at the same place that have different revisions.
    def deploys
      known = @series.select { |one| one.identity[:revision] }
      known = known.sort_by { |one| one.dumps.first.time }
      places = known.group_by { |one| one.identity.values_at(:host, :app) }
      places.values.flat_map do |series|
        series.each_cons(2).filter_map { |before, after| deploy(before, after) }
      end
    end

    def deploy(before, after)
      from, to = [before, after].map { |one| one.identity[:revision] }
      return if from == to

      "#{before.title} has revision #{from}, and #{after.title} has revision #{to}: a deploy, so " \
        "these are different processes and are not compared"
    end
  end
end
