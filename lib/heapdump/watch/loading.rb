# frozen_string_literal: true

module HeapDump
  class Watch
    # While libraries are loaded nobody forks. In a child that was forked meanwhile they would be
    # half there, and no thread would go on to load them: neither the watch nor the application
    # could use JSON in it. When they are there, a fork touches no lock.
    module Loading # :nodoc:
      LOCK = Mutex.new
      PATIENCE = 5 # seconds: whatever hangs must not keep the application from forking
      STEP = 0.001
      private_constant :LOCK, :PATIENCE, :STEP

      @over = false

      module_function

      # Yields, and then everything is loaded, until this is called again.
      def load
        before = @over
        @over = false
        alone { yield.tap { before = true } }
      ensure
        @over = before
      end

      # Yields while no other thread does so. Handlers of signals may fork, too, where a Mutex can
      # be tried, but not waited for; and other Ractors, which cannot see it.
      def alone
        return yield if !Ractors.main? || @over || LOCK.owned?

        begin
          take
          yield
        ensure
          # a Timeout may have come just when it was taken
          LOCK.unlock if LOCK.owned?
        end
      end

      def take
        (PATIENCE / STEP).to_i.times { LOCK.try_lock ? return : sleep(STEP) }
      end
    end
  end
end
