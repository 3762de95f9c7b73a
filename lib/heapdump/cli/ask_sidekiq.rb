# frozen_string_literal: true

module HeapDump
  module CLI
    # Asks processes of Sidekiq by a signal. Whether they have taken it can be seen, but not what
    # they do then: their dumps and logs say that.
    class AskSidekiq
      PATIENCE = 30 # seconds; a process looks every ten
      STEP = 0.2
      KNOWN = %i[host pid count dumps every].freeze # what can be asked of them
      private_constant :PATIENCE, :STEP

      # +wanted+ is a Request.
      def initialize(signals, request)
        @signals = signals
        @request = request
      end

      # Asks, and yields each answer (Hash).
      def call
        chosen = choose
        @request.dumps.times do |number|
          sleep(@request.every) if number.positive?
          chosen.map { |process| yield ask(process, number + 1) }
        end
      end

      private

      def choose
        known = @signals.processes
        fitting = known.select do |process|
          (@request.pid.nil? || @request.pid == process.pid) &&
            (@request.host.nil? || File.fnmatch?(@request.host, process.host))
        end
        raise NotFound, nobody(known.size) if fitting.empty?

        fitting.partition { |process| !process.embedded }.flatten.first(@request.count)
      end

      def nobody(known)
        return "#{@signals} knows no process of Sidekiq; is that the Redis they use?" if known.zero?

        "#{@signals} knows #{Terminal::Units.plural(known, "process", "processes")} of Sidekiq, " \
          "but none fits #{AskLines.whom(@request)}"
      end

      def ask(process, number)
        app = process.tag.to_s.empty? ? "sidekiq" : process.tag
        told = { app: app, host: process.host, pid: process.pid, dump: number }
        if process.embedded
          return { **told, state: "refused",
                           words: "Sidekiq is embedded there, and takes no signals" }
        end

        @signals.send_to(process)
        return { **told, state: "signalled" } if taken?(process)

        @signals.take_back(process)
        { **told, state: "refused", words: "it has not taken the signal in #{PATIENCE} s" }
      end

      def taken?(process)
        deadline = now + PATIENCE
        until @signals.taken?(process)
          return false if now > deadline

          sleep(STEP)
        end
        true
      end

      def now
        Process.clock_gettime(Process::CLOCK_MONOTONIC)
      end
    end
  end
end
