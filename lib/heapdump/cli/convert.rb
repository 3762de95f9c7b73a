# frozen_string_literal: true

require_relative "reading"
require_relative "../convert"

module HeapDump
  module CLI
    # A dump for other tools.
    class Convert < Reading
      usage "FILE --to FORMAT [-o FILE]"
      details <<~TEXT
        objspace      what ObjectSpace.dump_all writes: heapy, sheap, heap-profiler, harb, reap
        heapsnapshot  Chrome DevTools, Memory, Load profile (name the file *.heapsnapshot)
        speedscope    what keeps memory alive, as a flame graph: https://www.speedscope.app
        csv           one row for each object: address, type, class, bytes, retained …
      TEXT

      def call(file)
        format = @format or raise UsageError, "say what to convert to: #{hint}"
        snapshot = open_snapshot(file)
        writer = HeapDump::Convert.writer(format, snapshot)
        progress = Terminal::Progress.new(err)
        progress.during(-> { snapshot.progress || writer.progress }) { write(writer) }
        OK
      end

      private

      def options(parser)
        super
        parser.on("--to FORMAT", HeapDump::Convert::FORMATS.keys,
                  HeapDump::Convert::FORMATS.keys.join(", ")) { |format| @format = format }
        parser.on("-o", "--output FILE", "instead of standard output") { |path| @output = path }
      end

      # Under another name until it is whole, and for its owner alone: it holds what the dump holds.
      def write(writer)
        return writer.write(out) unless @output

        partial = "#{@output}.partial-#{Process.pid}"
        File.open(partial, File::WRONLY | File::CREAT | File::EXCL | File::NOFOLLOW, 0o600) do |io|
          writer.write(io)
        end
        File.rename(partial, @output)
      ensure
        File.unlink(partial) if partial && File.exist?(partial)
      end
    end
  end
end
