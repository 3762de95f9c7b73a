# frozen_string_literal: true

require_relative "command"
require_relative "ask_lines"
require_relative "ask_sidekiq"
require_relative "ask_waiting"
require_relative "../asking"

module HeapDump
  module CLI
    # Asks processes of a fleet for dumps, and shows what becomes of it.
    class Ask < Command
      usage "[--store ADDRESS]"
      limit 50
      details <<~TEXT
        Processes that watch (HeapDump.watch) with the same address dump under their guards; one that
        refuses says why, and another one may take its place. PATTERNs are those of a shell: web-*.
        --list shows the newest --limit requests, --list ID one of them with each step, --json both.
        The command waits until all is done; to interrupt it ends nothing, --cancel does. Exit
        status: 0 if all dumps that were asked for are there.
      TEXT

      SPANS = { "--every TIME" => "between two dumps of a process (default 10m)",
                "--until TIME" => "nobody begins with it later (default 1h)",
                "--trace TIME" => "trace allocations so long before the first dump" }.freeze
      PATTERNS = { "app" => "of these programs", "host" => "on these hosts",
                   "role" => "with this HEAPDUMP_ROLE, or in such a DYNO" }.freeze
      STEP = 0.5 # seconds between looks at the bus
      private_constant :SPANS, :PATTERNS, :STEP

      def initialize(**)
        super
        @wanted = {}
        @wait = true
      end

      def call
        address = self.address
        return ask_sidekiq(address.signals) if address.sidekiq?

        @bus = address.bus
        return @list == true ? list : show(@list) if @list
        return cancel(@cancel) if @cancel

        ask(request)
      rescue HeapDump::Asking::Down => e
        raise Error, "#{@bus || @signals}: #{e.message}"
      end

      private

      def options(parser)
        parser.on("--store ADDRESS", "the bus: file:/DIRECTORY, socket:/DIRECTORY,",
                  "postgres://HOST/DATABASE or sidekiq:redis://HOST (sidekiq:",
                  "alone is that of REDIS_URL); default HEAPDUMP_ASK, where",
                  "a password belongs") do |text|
          @store = text
        end
        who_options(parser)
        what_options(parser)
        parser.on("--no-wait", "only print the request") { @wait = false }
        parser.on("--list [ID]", "requests, and what has become of them; of one: each step") do |id|
          @list = id || true
        end
        parser.on("--cancel ID", "nobody begins with it or goes on") { |id| @cancel = id }
      end

      def who_options(parser)
        PATTERNS.each do |name, words|
          parser.on("--#{name} PATTERN", "only processes #{words}") do |text|
            @wanted[name.to_sym] = text
          end
        end
        number_option(parser, "--pid PID", 1.., "only this process") { |n| @wanted[:pid] = n }
        number_option(parser, "--count N", 1..100,
                      "of so many processes, 1 to 100 (default 1)") do |n|
          @wanted[:count] = n
        end
      end

      def what_options(parser)
        number_option(parser, "--dumps N", 1..20, "so many of each, 1 to 20 (default 1)") do |n|
          @wanted[:dumps] = n
        end
        SPANS.each do |option, words|
          name = option[/\w+/].to_sym
          parser.on(option, words) { |text| @wanted[name] = text }
        end
        parser.on("--strings HOW", "contents of strings: none, hash, full or a number of bytes",
                  "(default: as the watch has it, which must allow more)") do |text|
          @wanted[:strings] = text
        end
        parser.on("--payload TEXT", "for manifests and the hook on.dump") do |text|
          @wanted[:payload] = text
        end
      end

      def address
        given = @store || ENV.fetch("HEAPDUMP_ASK", "")
        raise UsageError, "give --store ADDRESS, or HEAPDUMP_ASK; #{hint}" if given.empty?

        address = HeapDump::Asking::Address.parse(given, @store ? "--store" : "HEAPDUMP_ASK")
        address.check
        HeapDump::Asking::SidekiqSignals.load if address.sidekiq?
        return address unless @store && address.secret?

        raise UsageError, "everybody on this machine can read a password in an argument; " \
                          "put the address into HEAPDUMP_ASK"
      rescue LoadError => e
        raise Error, e.message
      rescue ArgumentError => e
        raise UsageError, e.message
      end

      def request
        HeapDump::Asking::Request.make(**@wanted)
      rescue ArgumentError => e
        raise UsageError, "--#{e.message}"
      end

      def ask(request)
        @bus.publish(request)
        waiting = AskWaiting.new(err, request, @bus, command)
        lines = AskLines.new(screen, request)
        lines.begin unless json?
        progress = @wait ? follow(request, lines, waiting) : progress(request)
        return print_json(request: told(progress)) || status(progress) if json?

        @wait ? lines.end(progress) : lines.later(command)
        status(progress)
      rescue Interrupt
        waiting&.interrupted
        raise
      end

      def status(progress)
        !@wait || progress.state(Time.now) == "done" ? OK : ERROR
      end

      def ask_sidekiq(signals)
        @signals = signals
        refuse_what_sidekiq_lacks
        lines = AskLines.new(screen, request)
        told = []
        AskSidekiq.new(signals, lines.request).call do |answer|
          told << answer
          lines.signalled(answer) unless json?
          out.flush
        end
        print_json(asked: told) if json?
        told.all? { |answer| answer[:state] == "signalled" } ? OK : ERROR
      end

      def refuse_what_sidekiq_lacks
        other = (@wanted.keys - AskSidekiq::KNOWN).map { |name| "--#{name}" }
        other << "--list, --cancel or --no-wait" if @list || @cancel || !@wait
        raise UsageError, "over Sidekiq's Redis there is no #{other.first}" if other.any?
      end

      def follow(request, lines, waiting)
        loop do
          progress = waiting.try { progress(request) } or next
          waiting.clear
          lines.more(progress.steps) unless json?
          out.flush
          return progress if ended?(progress, waiting)

          waiting.look(progress)
          sleep(STEP)
        end
      end

      def ended?(progress, waiting)
        return false unless progress.ended?(Time.now)

        waiting.nobody if progress.steps.empty? && progress.state(Time.now) == "over"
        true
      end

      # For lines that are to be copied.
      def command
        Terminal::Shell.join("heapdump ask", *(["--store", @store] if @store))
      end

      def progress(request)
        HeapDump::Asking::Progress.new(request, @bus.steps(request.id),
                                       @bus.cancelled?(request.id))
      end

      def told(progress)
        { **progress.request.to_h, state: progress.state(Time.now), taken: progress.taken,
                                   refused: progress.refused, steps: progress.steps }
      end

      def list
        all = @bus.all.last(limit).map { |request| progress(request) }
        return print_json(requests: all.map { |one| told(one) }) || OK if json?

        return screen.line("nothing was asked for by #{@bus}") || OK if all.empty?

        screen.table(AskLines.table(all))
        OK
      end

      # One request with all its steps.
      def show(id)
        progress = progress(find(id))
        return print_json(request: told(progress)) || OK if json?

        lines = AskLines.new(screen, progress.request)
        lines.begin
        lines.history(progress.steps)
        lines.state(progress)
        OK
      end

      def find(id)
        @bus.all.find { |one| one.id == id } or
          raise NotFound, "there is no request #{id.inspect}; `#{command} --list` shows them"
      end

      def cancel(id)
        state = end_of(progress(find(id))) or
          raise NotFound, "request #{id.inspect} was removed just now"

        return print_json(id: id, state: state) || OK if json?

        screen.line("request #{id} is #{state}#{" already" unless state == "cancelled"}")
        OK
      end

      # Cancels what has not ended. Returns its state then; nil if it is gone.
      def end_of(progress)
        return progress.state(Time.now) if progress.ended?(Time.now)

        "cancelled" if @bus.cancel(progress.request.id)
      end
    end
  end
end
