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
    autoload :Csv, "#{__dir__}/convert/csv"
    autoload :Heapsnapshot, "#{__dir__}/convert/heapsnapshot"
    autoload :Objspace, "#{__dir__}/convert/objspace"
    autoload :Speedscope, "#{__dir__}/convert/speedscope"

    # The formats by their names for ::writer; "objspace" is the format of ObjectSpace.dump_all.
    FORMATS = {
      "objspace" => :Objspace, "heapsnapshot" => :Heapsnapshot,
      "speedscope" => :Speedscope, "csv" => :Csv
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
