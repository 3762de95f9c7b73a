# frozen_string_literal: true

require "fileutils"
require_relative "reading"
require_relative "../convert"
require_relative "../outside/handover"

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
        check_output
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
          File.rename(partial, @output)
        ensure
          FileUtils.rm_f(partial)
        end
      end

      # Found before the dump is read, which takes a while.
      def check_output
        return Outside::Handover.check_place(@output) if @output
        return unless out.respond_to?(:tty?) && out.tty?

        raise UsageError, "what #{@format} holds of the heap is not for a terminal; " \
                          "give a file with -o, or a pipe"
      end
    end
  end
end
