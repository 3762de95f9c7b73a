# frozen_string_literal: true

require_relative "snapshot"

module HeapDump
  # Writers of other formats. Each takes a Snapshot and writes piece by piece, so that it needs
  # little memory besides the snapshot's.
  #
  #   require "heapdump/convert"
  #   snapshot = HeapDump::Snapshot.open("heap.json")
  #   File.open("heap.csv", "w") { |io| HeapDump::Convert.writer("csv", snapshot).write(io) }
  module Convert
    autoload :ClickHouse, "#{__dir__}/convert/click_house"
    autoload :Csv, "#{__dir__}/convert/csv"
    autoload :DumpRow, "#{__dir__}/convert/dump_row"
    autoload :Heapsnapshot, "#{__dir__}/convert/heapsnapshot"
    autoload :Objspace, "#{__dir__}/convert/objspace"
    autoload :Parquet, "#{__dir__}/convert/parquet"
    autoload :Postgres, "#{__dir__}/convert/postgres"
    autoload :Speedscope, "#{__dir__}/convert/speedscope"
    autoload :Sqlite, "#{__dir__}/convert/sqlite"
    autoload :Store, "#{__dir__}/convert/store"
    autoload :Tables, "#{__dir__}/convert/tables"
    autoload :ThreadRows, "#{__dir__}/convert/thread_rows"

    # The formats by their names for ::writer; "objspace" is the format of ObjectSpace.dump_all.
    FORMATS = {
      "objspace" => :Objspace, "heapsnapshot" => :Heapsnapshot,
      "speedscope" => :Speedscope, "csv" => :Csv
    }.freeze

    # Where a dump becomes tables, by the names for ::store: see docs/sql.md.
    STORES = {
      "sqlite" => :Sqlite, "parquet" => :Parquet, "postgres" => :Postgres,
      "clickhouse" => :ClickHouse
    }.freeze

    # Returns a writer of a Snapshot for one of FORMATS. Its <tt>write(out)</tt> writes everything
    # to an IO. Its +progress+, to be called from another thread, says how far that is, like
    # Snapshot#progress. Raises ArgumentError for another format, and for a Snapshot that is
    # redacted, because what a dump is converted to has the data of the program.
    #
    #   writer = HeapDump::Convert.writer("objspace", snapshot)
    #   writer.progress # => ["converting", 0, 45349]
    def self.writer(format, snapshot)
      name = FORMATS[format] or
        raise ArgumentError, "a dump can be converted to #{FORMATS.keys.join(", ")}, not #{format}"
      raise ArgumentError, "a redacted snapshot cannot be converted" if snapshot.redacted?

      const_get(name).new(snapshot)
    end

    # Returns the Store to which the tables of a dump can be written, one of STORES. +target+ is a
    # file for "sqlite", a directory for "parquet", or the address of a database. With +force+ what
    # is there of the same file or the same dump is replaced. Raises ArgumentError for another
    # format, and HeapDump::Error for an address that is none.
    #
    #   store = HeapDump::Convert.store("sqlite", "heap.db")
    #   store.write(snapshot) # => true
    def self.store(format, target, force: false)
      name = STORES[format] or
        raise ArgumentError, "tables go to #{STORES.keys.join(", ")}, not to #{format}"

      const_get(name).new(target, force: force)
    end

    # Loads a gem that is needed for one format alone. Raises HeapDump::Error, with what to do.
    def self.need(gem, purpose, library = gem) # :nodoc:
      require library
    rescue LoadError
      raise Error, "#{purpose} the gem #{gem} is needed: add gem \"#{gem}\" to the Gemfile, or " \
                   "install it: gem install #{gem}"
    end

    # What the writers have in common.
    class Writer # :nodoc:
      # Edges of a node that are fetched at once.
      BATCH = 1000
      private_constant :BATCH

      def initialize(snapshot) # :nodoc:
        @snapshot = snapshot
        @graph = snapshot.graph
        @done = 0
      end

      # How far #write is, to be called from another thread: like Snapshot#progress.
      def progress
        ["converting", @done, @graph.objects]
      end

      private

      # Yields each object that has a line, in the order of addresses.
      def each_object
        missing = Snapshot::Node::TYPES.index("MISSING")
        @graph.objects.times do |number|
          facts = @graph.node(number)
          yield number, facts unless facts[1] == missing
          @done = number
        end
      end

      # The edges of a node, weak ones too: yields their numbers and targets.
      def each_edge(number, &block)
        offset = 0
        loop do
          total, flat = @graph.edges(number, offset, BATCH)
          flat.each_slice(2, &block)
          offset += BATCH
          break if offset >= total
        end
      end

      def address(number)
        format("0x%x", number)
      end
    end
  end
end
