# frozen_string_literal: true

module HeapDump
  module Testing
    # Lets a block run while no other test of this process does, so that what other tests make is
    # not taken for growth. Tests that run in several threads say when they run:
    #
    #   Alone.beside { test.run }   # waits while another test is alone
    #   Alone.run { … }             # within a test: waits for the others, keeps new ones waiting
    module Alone # :nodoc:
      PATIENCE = 300 # seconds
      @lock = Mutex.new
      @changed = ConditionVariable.new
      # The threads that run tests, and the one that is alone, by their numbers: whoever looks for
      # what holds something must not find a thread here.
      @running = {}
      @owner = nil
      IN_A_THREAD = "no heap dumps can be made in a thread that a test has made: call this in " \
                    "the thread of the test"
      private_constant :PATIENCE, :IN_A_THREAD

      class << self
        def beside
          entered = enter
          yield
        ensure
          leave if entered
        end

        # Raises HeapDump::Error if the other tests do not end, or at once in a thread that a test
        # has made: that test may wait for it, and would be waited for.
        def run
          return yield if @owner == own_number

          beside = claim
          begin
            yield
          ensure
            release(beside)
          end
        end

        private

        # Returns nil if this thread runs a test already, or is alone.
        def enter
          @lock.synchronize do
            next if @running[own_number] || @owner == own_number

            @changed.wait(@lock) while @owner
            @running[own_number] = true
          end
        end

        def leave
          @lock.synchronize do
            @running.delete(own_number)
            @changed.broadcast
          end
        end

        # Returns whether this thread runs a test. While it waits it does not count as such, so two
        # tests that both want to be alone do not wait for each other.
        def claim
          @lock.synchronize do
            beside = @running.delete(own_number)
            raise Error, IN_A_THREAD unless beside || @running.empty?

            @changed.broadcast
            wait_for_others(beside)
            @owner = own_number
            beside
          end
        end

        def wait_for_others(beside)
          deadline = now + PATIENCE
          until @owner.nil? && @running.empty?
            @changed.wait(@lock, [deadline - now, 0.01].max)
            next if now < deadline

            @running[own_number] = true if beside
            raise Error, "no heap dumps were made: other tests of this process have run beside " \
                         "this one for #{PATIENCE} s"
          end
        end

        def release(beside)
          @lock.synchronize do
            @owner = nil
            @running[own_number] = true if beside
            @changed.broadcast
          end
        end

        def own_number
          Thread.current.object_id
        end

        def now
          Process.clock_gettime(Process::CLOCK_MONOTONIC)
        end
      end
    end
  end
end
