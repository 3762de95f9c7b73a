# frozen_string_literal: true

require_relative "reading"
require_relative "output_file"
require_relative "../convert"

module HeapDump
  module CLI
    # Converts a dump for other tools.
    class Convert < Reading
      usage "FILE --to FORMAT [-o FILE]"
      details <<~TEXT
        objspace      what ObjectSpace.dump_all writes: heapy, sheap, heap-profiler, harb, reap
        heapsnapshot  Chrome DevTools, Memory, Load profile (name the file *.heapsnapshot)
        speedscope    what retains memory, as a flame graph: https://www.speedscope.app
        csv           one row for each object: address, type, class, bytes, retained …

        What stands in FILE of -o is replaced with --force alone, and once all is written. A name
        that ends in .gz is compressed.

        Tables of objects, references and frames, for SQL (docs/sql.md):

        sqlite        -o FILE.db
        parquet       -o DIR, for DuckDB, Spark, Trino, Athena (needs the gem polars-df)
        postgres      -o postgres://USER@HOST/DATABASE (needs the gem pg)
        clickhouse    -o clickhouse://USER@HOST:8123/DATABASE

        They have no contents of strings without --values. A password belongs into the environment:
        HEAPDUMP_STORE='postgres://…' heapdump convert FILE --to postgres -o env:HEAPDUMP_STORE
      TEXT

      STORES = HeapDump::Convert::STORES.keys.freeze
      FORMATS = [*HeapDump::Convert::FORMATS.keys, *STORES].freeze
      private_constant :STORES, :FORMATS

      def call(file)
        unless @format
          raise UsageError, "say what to convert to: --to #{FORMATS.join(", --to ")}; #{hint}"
        end

        return to_store(file) if STORES.include?(@format)
        raise UsageError, "--values is for #{STORES.join(", ")} alone; #{hint}" if @values

        check_output(file)
        snapshot = open_snapshot(file)
        writer = HeapDump::Convert.writer(@format, snapshot)
        progress = Terminal::Progress.new(err)
        progress.during(-> { snapshot.progress || writer.progress }) { write(writer) }
        tell("#{@output}: #{Terminal::Units.bytes(File.size(@output))}", snapshot) if output
        OK
      end

      private

      def options(parser)
        super
        @force = false
        parser.on("--to FORMAT", FORMATS, "objspace, heapsnapshot, speedscope, csv,",
                  "sqlite, parquet, postgres, clickhouse") { |one| @format = one }
        parser.on("-o", "--output FILE", "instead of standard output") { |path| @output = path }
        parser.on("--force", "replace the FILE of -o, or the same dump in a database, if it is",
                  "there") { @force = true }
        parser.on("--values", "tables also have contents of strings, keys of hashes and names of",
                  "threads, which may be secret") { @values = true }
      end

      # Writes tables of the dump to a file, a directory or a database.
      def to_store(file)
        raise UsageError, "say where to with -o; #{hint}" if @output.nil? || @output == "-"

        store = HeapDump::Convert.store(@format, target, force: @force)
        store.check(file)
        snapshot = open_snapshot(file)
        progress = Terminal::Progress.new(err)
        written = progress.during(-> { snapshot.progress || store.progress }) do
          store.write(snapshot, values: @values || false)
        end
        if written
          tell(store.name, snapshot)
        else
          err.puts "heapdump: #{store.name} has this dump already; --force replaces it"
        end
        OK
      end

      def tell(words, snapshot)
        objects = Terminal::Units.plural(snapshot.graph.objects, "object")
        out.puts "#{words}, #{objects} of #{Terminal::Text.valid(snapshot.path)}"
      end

      # What -o names. An argument can be read by all users of the machine.
      def target
        name = @output[/\Aenv:(\w+)\z/, 1]
        if name
          return ENV.fetch(name) do
            raise UsageError, "#{name} is not set; it is to have the address"
          end
        end
        return @output unless @output.match?(%r{\A\w+://[^/]*:[^/@]*@|[?&]password=}i)

        raise UsageError, "every user of this machine can read a password in an argument; put " \
                          "the address into the environment, and name it: HEAPDUMP_STORE='…' " \
                          "heapdump convert … -o env:HEAPDUMP_STORE"
      end

      def output
        OutputFile.new(@output, force: @force) unless @output.nil? || @output == "-"
      end

      def write(writer)
        output ? output.write { |io| writer.write(io) } : writer.write(out)
      end

      # Finds what is wrong with the output before the dump is read, because reading takes a while.
      def check_output(file)
        return output.check(file) if output

        check_terminal
        return unless out.is_a?(IO) && out.stat.file? && OutputFile.same?(file_or_stdin(file), out)

        raise Error, "standard output goes into #{file}, the dump itself; give a file with -o"
      end

      def check_terminal
        return unless out.respond_to?(:tty?) && out.tty?

        raise UsageError, "what #{@format} holds of the heap is not for a terminal; " \
                          "give a file with -o, or a pipe"
      end

      def file_or_stdin(file)
        file == "-" ? $stdin : file
      end
    end
  end
end
