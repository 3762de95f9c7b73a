# frozen_string_literal: true

module HeapDump
  module Ship
    # How often it was tried to ship each dump, and when it may be tried again.
    class Tries # :nodoc:
      # Seconds after a try that has failed; after the last try nothing more is tried.
      PAUSES = [1, 8, 60, 300].freeze
      Try = Struct.new(:number, :due)

      def initialize(pauses = PAUSES)
        @pauses = pauses
        @tries = {}
      end

      # How many there are of each dump.
      def most
        @pauses.size + 1
      end

      # Seconds until a dump may be tried (Numeric), 0: now; nil: it is not tried any more.
      def wait(dump, now)
        try = @tries[key(dump)] or return 0
        try.due && [try.due - now, 0].max
      end

      # Notes a try that has failed; with +last+ there is no other. Returns how many there were, and
      # the pause until the next (seconds), nil if this was the last.
      def failed(dump, now, last: false)
        count = (@tries[key(dump)]&.number || 0) + 1
        pause = @pauses[count - 1] unless last
        @tries[key(dump)] = Try.new(count, pause && (now + pause))
        [count, pause]
      end

      def forget(dump)
        @tries.delete(key(dump))
      end

      private

      # A later file of that name is another dump.
      def key(dump)
        [dump.path, dump.stat.mtime]
      end
    end
  end
end
