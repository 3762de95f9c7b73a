# frozen_string_literal: true

module HeapDump
  class Watch
    # Tells why a strike has to wait although no guard refuses: the process has just started, or
    # there has just been a dump. Each reason is told once for a rule, until the next dump.
    class Withheld # :nodoc:
      def initialize(options, stats, voice)
        @options = options
        @stats = stats
        @voice = voice
        @told = {}
      end

      # +began+: when the watch began in this process; +last+: when the last dump did (seconds; nil
      # if there was none). The block returns the Refusal for which there would be none anyway; nil
      # if there is none.
      def tell(strike, now, began, last)
        reason, words = reason(strike, now, began, last)
        return if reason.nil? || @told[strike.rule] == [reason, last]

        @told[strike.rule] = [reason, last]
        @stats.refusal(reason)
        also = yield
        words = "#{words}; and #{also.words}" if also
        @voice.say("no dump, although #{strike.words}: #{words}")
      end

      private

      def reason(strike, now, began, last)
        if !strike.urgent && now < began + @options.settle
          [:settle, "the watch began #{(now - began).round} s ago " \
                    "(settle: #{@options.settle.round})"]
        elsif last && now < last + @options.cooldown
          [:cooldown, "the last dump was #{(now - last).round} s ago " \
                      "(cooldown: #{@options.cooldown.round})"]
        end
      end
    end
  end
end
