# frozen_string_literal: true

require_relative "leaks"

module HeapDump
  module CLI
    # What `heapdump measure growth` says of its dumps: the verdict of `heapdump leaks`, below what
    # was done.
    class MeasureVerdict < Leaks
      usage "FILE LATER [LATER …]"
      limit 10

      def self.command_name
        "leaks"
      end

      # +request+ is what was sent ("GET /"), +sent+ how often in +seconds+ after +warmup+ times.
      # Without +kept+ the dumps are gone afterwards.
      def initialize(out:, err:, kept:, **done)
        super(out: out, err: err)
        @kept = kept
        @done = done
      end

      private

      def show_all(found)
        screen.line([:bold, @done[:request]],
                    ": #{plural(@done[:sent], "request")} after #{count(@done[:warmup])} to warm " \
                    "up, #{format("%.1f", each)} ms each; #{plural(found.snapshots.size, "dump")}")
        show_resident(found)
        screen.blank
        super
      end

      def show_resident(found)
        sizes = found.rss&.map { |size| bytes(size) } or return
        screen.line("resident  #{sizes.join(" → ")}")
      end

      def plural(number, word)
        Terminal::Units.plural(number, word)
      end

      def each
        1000.0 * @done[:seconds] / @done[:sent]
      end

      # No command can be given about dumps that are gone.
      def fact(word, text)
        super unless word == "more" && !@kept
      end

      def json(found)
        { **@done, **super }
      end
    end
  end
end
