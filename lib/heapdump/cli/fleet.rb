# frozen_string_literal: true

require_relative "command"
require_relative "fleet_tables"
require_relative "store_option"
require_relative "../snapshot"
require_relative "../fleet"

module HeapDump
  module CLI
    # Many dumps of many processes, in a database.
    class Fleet < Command
      include StoreOption

      # What each question is about, in the order of the help.
      QUESTIONS = {
        "import" => "PLACE…     puts dumps and notes of files, directories or s3://… into it",
        "leaks" => "            what leaks, in how many processes, and since which revision",
        "classes" => "          classes that leak, fill up, or go up and down",
        "history" => "NAME      a class or a way over time, in each process",
        "processes" => "        processes, how they grew, and what of it no object explains",
        "work" => "             which jobs or requests memory grows with",
        "gc" => "--keep AGE     removes rows that are older"
      }.freeze
      STORE = "sqlite:heapdump-fleet.db"
      UNITS = { "h" => 3600, "d" => 86_400, "w" => 604_800 }.freeze
      private_constant :QUESTIONS, :STORE, :UNITS

      usage "QUESTION"
      limit 30
      details <<~TEXT
        QUESTION is one of

        #{QUESTIONS.map { |name, words| format("  %s %s", name, words) }.join("\n")}

        The store is a file of SQLite (sqlite:FILE), a schema of its own in a PostgreSQL database
        (postgres://USER:PASSWORD@HOST/DATABASE), a database of ClickHouse
        (clickhouse://USER:PASSWORD@HOST/DATABASE), or env:NAME, the address in that variable. It
        has rows for each dump and class, dump and way, and minute; objects stay in the dumps.
        What was imported is not read again, and what is damaged is told and skipped. Any number of
        importers may work on one store at the same time. docs/fleet.md tells what the tables have.
      TEXT

      def initialize(**)
        super
        @address = ENV.fetch("HEAPDUMP_STORE", "").empty? ? STORE : "env:HEAPDUMP_STORE"
        @jobs = 1
        @filter = {}
      end

      def call(question = nil, *arguments)
        case question
        when "import" then import(arguments)
        when "history" then one_name(arguments) { |name| history(name) }
        when "gc" then none(arguments) { gc }
        when *QUESTIONS.keys then none(arguments) { answer(question) }
        else raise UsageError, "#{no_question(question)}; #{hint}"
        end
      end

      private

      def options(parser)
        parser.on("--store ADDRESS", "the store (default: HEAPDUMP_STORE,",
                  "else #{STORE})") { |text| @address = text }
        number_option(parser, "--jobs N", 1..64, "import with N processes (default 1)") do |n|
          @jobs = n
        end
        parser.on("--app NAME", "only processes of this application") do |text|
          @filter[:app] = text
        end
        parser.on("--rev NAME", "only dumps of this revision") { |text| @filter[:revision] = text }
        parser.on("--since AGE", "only dumps that are younger, as 12h, 7d or 2w") do |text|
          @filter[:since] = before(age(text))
        end
        parser.on("--keep AGE", "for gc: how old rows may become, as 90d") do |text|
          @keep = age(text)
        end
      end

      def store
        store_address(@address, "put the address into HEAPDUMP_STORE")
        @address
      end

      def no_question(text)
        wrong = text ? "there is no question #{text.inspect}" : "give a question"
        "#{wrong} (#{QUESTIONS.keys.join(", ")})"
      end

      def age(text)
        number, unit = text.match(/\A(\d{1,6})([hdw])\z/)&.captures
        raise OptionParser::InvalidArgument, text unless number

        number.to_i * UNITS.fetch(unit)
      end

      # No database has to know times before 1970.
      def before(age)
        [Time.now.utc - age, Time.at(0).utc].max
      end

      def none(arguments)
        raise UsageError, "too many arguments; #{hint}" if arguments.any?

        yield
      end

      def one_name(arguments)
        raise UsageError, "give one name; #{hint}" unless arguments.size == 1

        yield arguments.first
      end

      def import(paths)
        raise UsageError, "give directories or files; #{hint}" if paths.empty?

        import = HeapDump::Fleet::Import.new(store, jobs: @jobs)
        progress = Terminal::Progress.new(err)
        outcome = progress.during(lambda {
          ["importing", import.done, import.total]
        }) { import.run(paths) }
        nothing = import.total.zero? && outcome.samples.zero?
        if json? then print_json(outcome.to_h.except(:processes))
        elsif nothing then screen.line("There is no dump in #{paths.join(", ")}.")
        else
          imported(outcome)
        end
        outcome.skipped.empty? ? OK : ERROR
      end

      def imported(outcome)
        outcome.skipped.each do |path, reason|
          err.puts "heapdump: skipped #{Terminal::Text.safe("#{path}: #{reason}")}"
        end
        told = ["#{Terminal::Units.plural(outcome.imported, "dump")} imported",
                counted(outcome.there, "were there"),
                counted(outcome.busy, "are being imported by others"),
                counted(outcome.old, "are older than what gc has kept"),
                counted(outcome.skipped.size, "skipped"),
                counted(outcome.samples, "lines of notes")]
        screen.line("#{told.compact.join(", ")}.")
      end

      def counted(number, words)
        "#{Terminal::Units.count(number)} #{words}" if number.positive?
      end

      def gc
        raise UsageError, "gc needs --keep AGE; #{hint}" unless @keep

        time = before(@keep)
        with_store(:open) { |store| store.drop_before(time) }
        if json? then print_json(dropped_before: time.strftime("%FT%TZ"))
        else screen.line("Rows before #{time.strftime("%F %T")} UTC are gone.")
        end
        OK
      end

      def history(name)
        with_store { |store| show(HeapDump::Fleet::History.new(store, name, **@filter)) }
      end

      def answer(question)
        with_store do |store|
          show(HeapDump::Fleet.const_get(question.capitalize).new(store, **@filter))
        end
      end

      def show(found)
        found.check if found.rows.empty?
        json? ? print_json(found.to_h(limit)) : FleetTables.new(screen, limit).show(found)
        OK
      end

      # Who asks needs no right to write.
      def with_store(way = :read)
        address = HeapDump::Fleet::Address.parse(store)
        if address.missing?
          raise NotFound, "there is no store #{address}; --store names another, and `heapdump " \
                          "fleet import DIR` makes one"
        end

        opened = address.public_send(way)
        yield opened
      ensure
        opened&.close
      end
    end
  end
end
