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
      TEXT

      FORMATS = HeapDump::Convert::FORMATS.keys.freeze
      private_constant :FORMATS

      def call(file)
        unless @format
          raise UsageError, "say what to convert to: --to #{FORMATS.join(", --to ")}; #{hint}"
        end

        check_output(file)
        snapshot = open_snapshot(file)
        writer = HeapDump::Convert.writer(@format, snapshot)
        progress = Terminal::Progress.new(err)
        progress.during(-> { snapshot.progress || writer.progress }) { write(writer) }
        OK
      end

      private

      def options(parser)
        super
        @force = false
        parser.on("--to FORMAT", FORMATS, FORMATS.join(", ")) { |format| @format = format }
        parser.on("-o", "--output FILE", "instead of standard output") { |path| @output = path }
        parser.on("--force", "replace the FILE of -o if it is there") { @force = true }
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
