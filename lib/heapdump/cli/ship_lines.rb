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
        say(@out, dump, format("shipped to %s (%s, %.1f s)", place["address"], size, seconds))
      end

      def failed(dump, words, try, most, pause)
        return failed_event(dump, words, try, pause) if @json

        after = case pause
                when nil then "given up; --retry tries again"
                when :later then "this process ends, the next one tries again"
                else "again in #{pause} s"
                end
        say(@err, dump, "try #{try} of #{most} has failed: #{words}; #{after}", "heapdump: ")
      end

      def dropped(dump)
        return event("dropped", dump) if @json

        say(@out, dump, "removed, there were too many")
      end

      private

      def event(name, dump, **fields)
        fields = { schema_version: Command::SCHEMA_VERSION, event: name, file: dump.name,
                   bytes: dump.bytes, **fields }
        write(@out, Terminal::Json.compact(fields))
      end

      def failed_event(dump, words, try, pause)
        event("failed", dump, try: try, error: words, given_up: pause.nil?,
                              again_in: (pause unless pause == :later))
      end

      # Either may be bytes that are no text, and so cannot be joined with it.
      def say(io, dump, words, before = "")
        write(io, "#{before}#{Terminal::Text.safe(dump.name)}: #{Terminal::Text.safe(words)}")
      end

      # At once, for whoever follows a log. That it is on a full disk is no reason to let the dumps
      # stay there; what was not written of it comes when there is room again.
      def write(io, line)
        io.puts(line)
        io.flush
      rescue Errno::ENOSPC, Errno::EDQUOT
        nil
      end
    end
  end
end
