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

      # Seconds until a dump may be tried (Numeric), 0: now.
      def wait(dump, now)
        [(@tries[dump.path]&.due || now) - now, 0].max
      end

      # Notes a try that has failed. Returns how many there were, and the pause until the next
      # (seconds), nil if this was the last.
      def failed(dump, now)
        count = (@tries[dump.path]&.number || 0) + 1
        pause = @pauses[count - 1]
        @tries[dump.path] = Try.new(count, now + pause) if pause
        @tries.delete(dump.path) unless pause
        [count, pause]
      end

      def forget(dump)
        @tries.delete(dump.path)
      end
    end
  end
end
