# frozen_string_literal: true

require_relative "reading"
require_relative "store_option"

module HeapDump
  module CLI
    # Shows dumps, and what a store says of a fleet, in a browser.
    class Ui < Reading
      include StoreOption

      usage "FILE [LATER …] or DIRECTORY, or --store ADDRESS"
      details <<~TEXT
        A server on this machine answers your browser, and nobody else: it listens on 127.0.0.1, and
        each question needs the token that stands in the address. It changes nothing. It ends at
        Ctrl-C, or after an hour without a request. For a dump on another machine, forward the port:
        `ssh -L 8080:127.0.0.1:8080 HOST`, and there `heapdump ui FILE --port 8080`.

        In a directory of HeapDump.watch, the dumps of all its processes are taken; the screen "Over
        time" shows one process after the other.

        With --store it shows what leaks in a fleet, too (see `heapdump help fleet`); then no dump is
        needed. The store is only read. An address with a password goes into a variable:
        `--store env:HEAPDUMP_STORE`.
      TEXT

      # +idle+ is the number of seconds without a request after which the server ends.
      def initialize(idle: nil, **io)
        super(**io)
        @idle = idle
        @port = 0
        @browse = true
      end

      def call(*files)
        raise UsageError, "give a dump, a directory or --store; #{hint}" if files.empty? && !@store

        require_relative "../web"
        check_store
        @server = Web::Server.new(files, port: @port, **options_of_server).start
        @browser = Web::Browser.new
        tell
        @browser.open(@server.url) if @browse && @browser.there?
        open_dumps
        @server.wait
        OK
      rescue SignalException # the way to end it
        OK
      rescue LoadError => e
        raise lacking(e)
      ensure
        @browser&.close
        @server&.stop
      end

      GEMS = %w[rack rackup webrick].freeze
      private_constant :GEMS

      private

      # In a clone, or in a bundle that does not have the gem heapdump, these gems may be missing.
      def lacking(error)
        return error unless GEMS.include?(error.path.to_s[%r{\A[^/]+}])

        Error.new("to show dumps in a browser the gems rack, rackup and webrick are needed: add " \
                  "them to the Gemfile, or install them: gem install rack rackup webrick")
      end

      def options(parser)
        super
        number_option(parser, "--port N", 1..65_535,
                      "listen on this port, 1 to 65535 (default: any free one)") { |n| @port = n }
        parser.on("--store ADDRESS", "the store of a fleet, as sqlite:FILE or env:NAME") do |text|
          @store = text
        end
        parser.on("--no-browser", "open no browser, print the address alone") { @browse = false }
      end

      def arguments(rest)
        Snapshot::Directory.expand(rest.flat_map { |path| watched(path) || [path] })
      end

      # The dumps of the processes of a watch (Array of paths), nil if there are none.
      def watched(path)
        return unless File.directory?(path)

        below = DumpFiles.series_in(path)
        found = [path, *below].flat_map { |directory| dumps_in(directory) }
        found if below.any? && found.any?
      rescue SystemCallError
        nil # which is told when it is read
      end

      def dumps_in(directory)
        found = Snapshot::Directory.dumps(directory)
        Snapshot::Directory.left_out([directory]).each { |text| say(text) }
        found
      rescue Error
        []
      end

      def options_of_server
        { idle: @idle, store: @store, index: @index.nil? ? :auto : @index,
          strict: @strict || false }.compact
      end

      # What is wrong with the store is told here, and not to every page that asks.
      def check_store
        return unless @store

        address = store_address(@store, "put the address into a variable, and give --store " \
                                        "env:HEAPDUMP_STORE, if that is its name")
        raise NotFound, "there is no store #{address}" if address.missing?

        address.read.close
      end

      def tell
        if json?
          print_json(url: @server.url, port: @server.port)
        else
          screen.line(@server.url)
          screen.line([:dim, "Ctrl-C ends it, or an hour without a request."])
        end
        out.flush
      end

      # Opens the dumps, while the server says how far that is, and tells what is wrong with them.
      def open_dumps
        dumps = @server.web.dumps
        return if dumps.all.empty?

        Terminal::Progress.new(err).during(dumps.method(:progress)) { dumps.open_all }
        opened, others = dumps.all.partition(&:opened)
        opened.each do |dump|
          snapshot = dump.opened.snapshot
          snapshot.warnings.each { |warning| warn_of(snapshot.path, warning) }
        end
        errors = others.filter_map(&:error)
        raise Error, errors.join("; ") if opened.empty?

        errors.each { |error| say(error) }
      end
    end
  end
end
