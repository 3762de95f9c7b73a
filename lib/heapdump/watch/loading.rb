# frozen_string_literal: true

module HeapDump
  class Watch
    # While libraries are loaded nobody forks. In a child that was forked meanwhile they would be
    # half there, and no thread would go on to load them: neither the watch nor the application
    # could use JSON in it.
    module Loading # :nodoc:
      LOCK = Mutex.new
      PATIENCE = 5 # seconds: whatever hangs must not keep the application from forking
      STEP = 0.001
      private_constant :LOCK, :PATIENCE, :STEP

      module_function

      # Yields while no other thread does so. Handlers of signals may fork, too, where a Mutex can
      # be tried, but not waited for; and other Ractors, which cannot see it.
      def alone
        return yield if !Ractors.main? || LOCK.owned?

        mine = taken?
        yield
      ensure
        LOCK.unlock if mine
      end

      def taken?
        (PATIENCE / STEP).to_i.times do
          return true if LOCK.try_lock

          sleep(STEP)
        end
        false
      end
    end
  end
end
