# frozen_string_literal: true

module HeapDump
  module CLI
    # What `heapdump ask` says on standard error while it waits: on a terminal how far it is, and
    # anywhere that nobody answers, that the bus is down, and after Ctrl-C that the request goes on.
    class AskWaiting
      PATIENCE = 40 # seconds; processes look every ten, behind a pooler every 30
      AGAIN = 2 # seconds between two tries of a bus that is down
      private_constant :PATIENCE, :AGAIN

      # +command+ is `heapdump ask` with the address, for who copies it.
      def initialize(err, request, bus, command, environment = ENV)
        @err = err
        @request = request
        @bus = bus
        @command = command
        @shown = err.respond_to?(:tty?) && err.tty? && environment["TERM"] != "dumb"
        @began = now
      end

      # Returns what the block returns; nil if the bus is down, which is tried again until nothing
      # more can come.
      def try
        yield.tap { back }
      rescue Asking::Down, SystemCallError => e
        raise if Time.now.to_i > @request.end

        down(e.is_a?(Asking::Down) ? e.message : Terminal::Trouble.sentence(e))
      end

      # Before something else is printed.
      def clear
        @err.print("\r\e[K") if @drawn
        @drawn = false
      end

      def look(progress)
        nobody if progress.steps.empty? && now - @began > PATIENCE
        return unless @shown

        wanted = @request.count * @request.dumps
        @drawn = true
        @err.print("\r\e[Kwaiting: #{progress.taken} of #{wanted} dumps, #{progress.refused} " \
                   "refused (Ctrl-C leaves the request alone) …")
      end

      # No process has told anything.
      def nobody
        return if @nobody

        @nobody = true
        fits = AskLines.whom(@request)
        say("no process has answered yet: either none watches with #{@bus} " \
            "(ask: of HeapDump.watch, or HEAPDUMP_ASK)" \
            "#{", or none of those fits #{fits}" unless fits == "any"}")
      end

      def interrupted
        say("request #{@request.id} goes on without this command, and processes may begin with " \
            "it until #{till}; to end it: #{@command} --cancel #{@request.id}")
      end

      private

      def down(words)
        say("#{@bus}: #{words}; it is tried again, and the request goes on") unless @down
        @down = true
        sleep(AGAIN)
        nil
      end

      def back
        say("#{@bus} is there again") if @down
        @down = false
      end

      def say(words)
        clear
        @err.puts("heapdump: #{words}")
      end

      def till
        Time.at(@request.until).utc.strftime("%H:%M:%S UTC")
      end

      def now
        Process.clock_gettime(Process::CLOCK_MONOTONIC)
      end
    end
  end
end
