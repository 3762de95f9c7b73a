# frozen_string_literal: true

module HeapDump
  module Terminal
    # A line on standard error that shows how far long work is. It appears only on a terminal that
    # can erase a line, and only when the work has taken half a second.
    #
    #   Progress.new($stderr).during(-> { ["reading", 12, 100] }) { work }
    class Progress
      PATIENCE = 0.5 # seconds before it says anything
      INTERVAL = 0.1

      def initialize(err, environment = ENV)
        @err = err
        @shown = err.respond_to?(:tty?) && err.tty? && environment["TERM"] != "dumb"
      end

      # Runs the block and returns what it returns. Meanwhile +figures+ is called from another
      # thread; it returns the name of the work, how much of it is done, and how much there is in
      # all (0 if that is unknown); or nil.
      def during(figures)
        return yield unless @shown

        drawn = false
        watcher = Thread.new do
          sleep PATIENCE
          loop do
            drawn = true
            @err.print("\r\e[K", words(*figures.call))
            sleep INTERVAL
          end
        end
        yield
      ensure
        watcher&.kill&.join
        @err.print("\r\e[K") if drawn
      end

      private

      def words(phase = "working", done = 0, total = 0)
        return "#{Text.safe(phase)} …" unless total.positive?

        "#{Text.safe(phase)} … #{[100 * done / total, 100].min} %"
      end
    end
  end
end
