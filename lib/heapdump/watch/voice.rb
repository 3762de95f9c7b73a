# frozen_string_literal: true

require_relative "../terminal/text"

module HeapDump
  class Watch
    # One line for each thing that happens: to a logger, else to stderr, where a line is lost rather
    # than waited for.
    class Voice # :nodoc:
      def initialize(logger)
        @logger = logger
        @told = {}
      end

      def say(text)
        line = "heapdump: watch: #{Terminal::Text.safe(text)}"
        @logger ? @logger.warn(line) : HeapDump.send(:notice, "#{line}\n")
        nil
      rescue *Trigger::OURS
        nil # the application's logger fails; nobody is left to be told
      end

      # The same thing is told only once.
      def once(key, text)
        return if @told[key]

        @told[key] = true
        say(text)
      end
    end
  end
end
