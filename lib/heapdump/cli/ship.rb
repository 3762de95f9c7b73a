# frozen_string_literal: true

require_relative "../ship"
require_relative "ship_lines"
require_relative "sink_options"

module HeapDump
  module CLI
    # Ships the dumps of a directory.
    class Ship < Command
      include SinkOptions

      usage "DIRECTORY"
      details <<~TEXT
        It ships whole dumps only, the oldest first, and each with FILE.manifest.json, which has its
        SHA-256, size, header and footer. Then FILE.shipped says where it is. If five tries have
        failed within some minutes, FILE.failed says why, and --retry tries again. What is in the
        store already is not sent twice, and nothing in it is replaced. One process at a time ships
        from a directory. At SIGTERM it ships what is still there, and ends.

        Addresses: /dir, s3://bucket/prefix?region=&endpoint=&sse=, https://host/dir/ (PUT),
        'exec:COMMAND' (dump on standard input, %{name} is its name), rails:SERVICE (Active
        Storage), env:NAME (the address is in that variable; for addresses with a signature).
      TEXT

      def initialize(**)
        super
        @to = ENV.fetch("HEAPDUMP_TO", "").empty? ? nil : "env:HEAPDUMP_TO"
      end

      def call(directory)
        dumps = HeapDump::Ship::Dumps.new(directory)
        return status(dumps) if @status

        raise UsageError, "give --to ADDRESS, or set HEAPDUMP_TO; #{hint}" unless @to

        sink = sink(@to)
        refuse_one_object(sink)
        dumps.check_place(sink)
        lines = ShipLines.new(out, err, json: json?)
        lock = HeapDump::Ship::Lock.new(dumps.path)
        lock.hold { ship(lock, dumps, sink, lines) }
      end

      private

      def options(parser)
        parser.on("--to ADDRESS", "where to (default: env:HEAPDUMP_TO)") { |text| @to = text }
        parser.on("--once", "ship what is there, then end; status 1 if something failed") do
          @once = true
        end
        parser.on("--status", "ship nothing, show what has become of each dump;",
                  "status 1 if one has failed or keeps failing") { @status = true }
        parser.on("--delete", "remove a dump when it has arrived") { @delete = true }
        number_option(parser, "--keep N", 0..,
                      "let at most N dumps stay: shipped ones go first, those",
                      "that could not be shipped go last; those that have not had",
                      "all their tries stay") { |n| @keep = n }
        parser.on("--retry", "try again what has failed before") { @retry = true }
        sink_options(parser)
      end

      def refuse_one_object(sink)
        return unless sink.one_object?

        raise Error, "this address is that of one object, which the second dump would replace; " \
                     "end it with a slash, or put %{name} where the name of a dump goes"
      end

      def ship(lock, dumps, sink, lines)
        lower_priority if out.equal?($stdout) # else this process is not only for this
        delivery = HeapDump::Ship::Delivery.new(sink, dumps, delete: @delete)
        run = HeapDump::Ship::Run.new(dumps, delivery, lines, lock: lock, keep: @keep)
        run.retry_failed if @retry
        end_at_signal(run) { @once ? run.once : run.forever }
        nothing(dumps) if @once && !json? && (run.shipped + run.failed).zero?
        @once && run.failed.positive? ? ERROR : OK
      end

      def nothing(dumps)
        failed = dumps.all.count { |dump| dump.state == :failed }
        more = failed.zero? ? "" : "; #{failed} could not be shipped before, --retry tries again"
        screen.line("There is nothing to ship in #{dumps.path}#{more}.")
      end

      # Never higher than it was started with.
      def lower_priority
        own = Process.getpriority(Process::PRIO_PROCESS, 0)
        Process.setpriority(Process::PRIO_PROCESS, 0, [own, 10].max)
      rescue SystemCallError
        nil
      end

      def end_at_signal(run)
        before = trap("TERM") { run.stop }
        yield
      ensure
        trap("TERM", before || "DEFAULT")
      end

      def status(dumps)
        status = HeapDump::Ship::Status.new(dumps)
        rows = status.rows
        json? ? status_json(status, rows, dumps) : show_status(status, rows)
        rows.any? { |row| %i[failed failing].include?(row.state) } ? ERROR : OK
      end

      def status_json(status, rows, dumps)
        rows = rows.map do |row|
          { file: row.dump.name, bytes: row.dump.bytes, state: row.state,
            **row.mark.slice("address", "etag", "sha256", "tries", "error", "again", "time") }
        end
        process = status.process
        print_json(directory: dumps.path, process: (process unless process == :unknown),
                   dumps: rows)
      end

      def show_status(status, rows)
        table = Terminal::Table.new(%w[size dump state], right: 1)
        rows.each { |row| table.row(*cells(row)) }
        screen.table(table) unless rows.empty?
        screen.line("There is no dump.") if rows.empty?
        screen.line(who(status.process))
      end

      def who(process)
        case process
        when nil then "No process ships them now."
        when :unknown then "Another user has shipped them, and may do so now."
        else "Process #{process} ships them."
        end
      end

      def cells(row)
        mark = row.mark
        words = case row.state
                when :shipped then "shipped to #{mark["address"]}"
                when :failed then "failed after #{mark["tries"]} tries: #{mark["error"]}"
                when :failing then failing(mark)
                when :partial then "not whole"
                else "waiting"
                end
        [Terminal::Units.bytes(row.dump.bytes), row.dump.name, words]
      end

      def failing(mark)
        "failing, try #{mark["tries"].to_i + 1} at #{mark["again"]}: #{mark["error"]}"
      end
    end
  end
end
