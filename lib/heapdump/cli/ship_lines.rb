# frozen_string_literal: true

module HeapDump
  module CLI
    # Says what happens to dumps that are shipped, in one line each: what goes well to the output,
    # what does not to standard error. With JSON everything goes to the output.
    class ShipLines
      def initialize(out, err, json:)
        @out = out
        @err = err
        @json = json
      end

      def shipped(dump, place, seconds)
        return event("shipped", dump, **place, seconds: seconds.round(3)) if @json

        size = Terminal::Units.bytes(dump.bytes)
        say(@out, format("%s: shipped to %s (%s, %.1f s)", dump.name, place["address"], size,
                         seconds))
      end

      def failed(dump, words, try, most, pause)
        return event("failed", dump, try: try, error: words, again_in: pause) if @json

        after = pause ? "again in #{pause} s" : "given up; --retry tries again"
        say(@err, "heapdump: #{dump.name}: try #{try} of #{most} has failed: #{words}; " \
                  "#{after}")
      end

      def dropped(dump)
        return event("dropped", dump) if @json

        say(@out, "#{dump.name}: removed, there were too many")
      end

      private

      def event(name, dump, **fields)
        fields = { schema_version: Command::SCHEMA_VERSION, event: name, file: dump.name,
                   bytes: dump.bytes, **fields }
        say(@out, Terminal::Json.compact(fields))
      end

      # At once, for whoever follows a log.
      def say(io, line)
        io.puts(Terminal::Text.safe(line))
        io.flush
      end
    end
  end
end
