# frozen_string_literal: true

module HeapDump
  class Watch
    # What the thread of a watch does between two looks: it waits until the next one is due, until
    # the kernel or somebody who asks wakes it, or until memory has grown much.
    class Rest # :nodoc:
      LEAST = 1 # second, if something has woken it
      GLANCE = 1 # second between two glances at the memory
      private_constant :LEAST, :GLANCE

      def initialize(engine)
        @engine = engine
      end

      def call
        due = now + @engine.pause
        events = @engine.events
        wait(due, events && [events])
      rescue SystemCallError, IOError, TypeError # what is to wake it may be no IO, or closed
        sleep([due - now, 0].max)
      end

      private

      def wait(due, events)
        bells = @engine.bells
        while (left = due - now).positive?
          ready = IO.select(bells, nil, events, [left, GLANCE].min)
          return woken(ready) if ready
          return if now < due && @engine.glance?
        end
      end

      # What has woken it may do so at once again, as the kernel, or a connection for which there is
      # no descriptor.
      def woken(ready)
        return sleep(LEAST) if ready.last.any?

        left = @woken ? @woken + LEAST - now : 0
        sleep(left) if left.positive?
        @woken = now
      end

      def now
        Process.clock_gettime(Process::CLOCK_MONOTONIC)
      end
    end
  end
end
