# frozen_string_literal: true

module HeapDump
  module Asking
    # How long a place stays with a process of which nobody hears any more, as one that was killed.
    # Its last dump may still be written then, so another process gets the place only when that has
    # ended, too: by itself, or by its timeout.
    module Lease # :nodoc:
      # Seconds without a sign of life, after which another process may have the place.
      TIME = 720
      # Seconds after a sign of life in which a dump may be begun. A process that stood still for
      # longer, as one that was stopped, first asks whether it still has its place.
      FRESH = 60

      name = %i[CLOCK_BOOTTIME CLOCK_MONOTONIC].find { |one| Process.const_defined?(one) }
      CLOCK = Process.const_get(name)
      private_constant :CLOCK

      # Seconds of a clock that nobody sets, and that goes on while the machine sleeps.
      def self.now
        Process.clock_gettime(CLOCK)
      end
    end
  end
end
