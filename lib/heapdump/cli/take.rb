# frozen_string_literal: true

require_relative "outside_command"
require_relative "../outside/footer"
require_relative "sink_options"
require_relative "ways"

module HeapDump
  module CLI
    # Dumps a running process.
    class Take < OutsideCommand
      include SinkOptions

      usage "PID"
      details <<~TEXT
        A process that has a handler (HeapDump.on_signal) gets its signal. Any other is made to
        load heapdump and to fork a dump: by ptrace, which holds its main thread for about a
        millisecond, or where that cannot be, by gdb, which holds all of it for longer. Both need
        the same Ruby as this command, and its user or root. The dump is written by forked
        processes while the program goes on. `heapdump doctor PID` shows what would work.
        `heapdump help ship` says what an ADDRESS is; with --to, the dump stays here too.
      TEXT

      def initialize(**)
        super
        @timeout = 60.0
        @gc = false
      end

      def call(pid)
        sink = @to && sink(@to) # before the dump, because it may be refused
        target = target(pid)
        ways = Ways.new(target, @via)
        path = @output || (ways.signal? ? nil : default_name(target))
        check_output(path) if path
        children = ruby_children(target) # before the processes of the dump may be among them
        result = dump(ways, path)
        footer = Outside::Footer.read(result[:path]) || {}
        show({ pid: target.pid, **figures(footer), **result, bytes: File.size(result[:path]),
               shipped: sink && ship(result[:path], sink), ruby_children: children }.compact)
        OK
      end

      private

      def options(parser)
        parser.on("-o", "--output FILE", "where to (default: heap-PID-TIME.json in this directory,",
                  "TIME in UTC; by a signal, where the handler",
                  "puts it); .zst or .gz compresses; by a signal",
                  "the handler's own ending is needed") { |path| @output = path }
        parser.on("--via METHOD", Ways::NAMES,
                  "signal, ptrace or gdb, where it should not choose itself") do |way|
          @via = way
        end
        parser.on("--to ADDRESS", "bring the dump there too, as heapdump ship does") do |text|
          @to = text
        end
        sink_options(parser)
        parser.on("--gc", "run a full GC first (not by a signal)") { @gc = true }
        strings_option(parser)
        timeout_option(parser)
      end

      def strings_option(parser)
        parser.on("--strings HOW", "contents of strings, not by a signal: full, none, hash or a",
                  "number of bytes (default: as the process does it for its own",
                  "dumps, by a handler or HEAPDUMP_STRINGS; else full)") do |text|
          @strings = Outside::Contents.parse(text) or
            raise OptionParser::InvalidArgument, text
        end
      end

      # The time is that of a handler's %{time}, so no dump replaces another.
      def default_name(target)
        "heap-#{target.pid}-#{Time.now.utc.strftime("%Y%m%dT%H%M%S.%LZ")}.json"
      end

      def check_output(path)
        raise Error, "the process writes a file, no stream; give -o a name other than -" if
          path == "-"

        Outside::Handover.check_name(path)
        directory = File.dirname(File.absolute_path(path))
        raise Error, "there is no directory #{directory}" unless File.directory?(directory)

        Outside::Handover.check_place(path)
        return if File.writable?(directory)

        raise Error, "the directory #{directory} cannot be written to by this user; " \
                     "give another place with -o"
      end

      def dump(ways, path)
        result = ways.try { |way| way.dump(path, timeout: @timeout, gc: @gc, strings: @strings) }
        tell_missing(path, result)
        { via: ways.name, **result.except(:missing), fallback: ways.fallback }.compact
      rescue SystemCallError => e
        reason = SystemCallError.new(nil, e.errno).message
        raise Error, "no dump at #{path || "the place of the handler"}: #{reason}; " \
                     "give another place with -o"
      end

      def tell_missing(path, result)
        libraries = Compression.missing(path.to_s, result.fetch(:missing, 0))
        return if libraries.empty?

        err.puts "heapdump: the process cannot load #{libraries.join(" and ")}, so its dump is " \
                 "in #{Terminal::Text.safe(result[:path])} instead of a #{path.b[/\.\w+\z/]} file"
      end

      def ship(path, sink)
        require_relative "ship_one"
        ShipOne.new(sink, err).call(path)
      end

      def figures(footer)
        footer.slice("objects", "seconds", "pause").transform_keys(&:to_sym)
      end

      def show(fields)
        return print_json(fields) if json?

        parts = [fields[:objects] && Terminal::Units.plural(fields[:objects], "object"),
                 Terminal::Units.bytes(fields[:bytes]),
                 fields[:seconds] && format("written in %.2f s", fields[:seconds]),
                 fields[:pause] && format("pause %.1f ms", fields[:pause] * 1000),
                 "by #{fields[:via]}#{held(fields[:held])}"]
        screen.line("#{fields[:path]}: #{parts.compact.join(", ")}")
        sentences(fields).each { |sentence| screen.line(sentence) }
        print_children(fields[:pid], fields[:ruby_children])
      end

      def sentences(fields)
        [fields[:fallback] && "Not by #{fields[:fallback]}.",
         fields[:shipped] && "shipped to #{fields[:shipped]["address"]}",
         Outside::Contents.sentence(*fields.values_at(:strings, :strings_from))].compact
      end

      def held(seconds)
        format(" (which held it for %.1f ms)", seconds * 1000) if seconds
      end
    end
  end
end
