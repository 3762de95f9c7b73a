# frozen_string_literal: true

require_relative "../bell"

module HeapDump
  module Ship
    # Ships the dumps of a directory, one after the other, the oldest first. While one waits for its
    # next try, the others go on.
    #
    # It tells what happens to a listener: shipped(dump, place, seconds), failed(dump, words, try,
    # most, pause) with a pause of nil after the last try and :later if this process ends before the
    # next, dropped(dump). It is for one call of #once or #forever.
    class Run # :nodoc:
      LOOK = 15 # seconds between two looks into the directory
      # What a sink may raise: its SDK may raise anything.
      ERRORS = [StandardError, ScriptError].freeze
      private_constant :ERRORS

      attr_reader :shipped, :failed

      # +lock+: the Lock that this process holds. +only+: the name of the one dump to be shipped.
      # +look+ and +tries+ are for tests.
      def initialize(dumps, delivery, listener, lock: nil, only: nil, keep: nil, look: LOOK,
                     tries: Tries.new)
        @dumps = dumps
        @delivery = delivery
        @listener = listener
        @lock = lock
        @only = only
        @keep = Keep.new(dumps, keep)
        @look = look
        @tries = tries
        @shipped = @failed = 0
        @bell = Bell.new
      end

      # Forgets that dumps could not be shipped, so that they are tried again.
      def retry_failed
        candidates(:failed).each { |dump| Marks.remove(dump.path, Marks::FAILED) }
      end

      # Ships all that is there, with all tries, and what comes meanwhile. After #stop, what is
      # there has one last try.
      def once
        until @stopped
          pause = round or return
          rest([pause, @look].min)
        end
        last_tries
      ensure
        @bell.close
      end

      # Ships whatever comes, until #stop.
      def forever
        until @stopped
          pause = round
          rest([pause, @look].compact.min) unless @stopped
        end
        last_tries
      ensure
        @bell.close
      end

      # May be called by the handler of a signal.
      def stop
        @stopped = true
        @bell.ring
      end

      private

      def last_tries
        @last = true
        candidates(:waiting).each { |dump| try(dump) if @dumps.wait(dump)&.<=(Dumps::YOUNG) }
      end

      # Tries what is due. Returns the seconds until the next is due, nil if nothing waits.
      def round
        @lock&.renew
        waiting = candidates(:waiting)
        waiting.each { |dump| try(dump) if !@stopped && wait(dump)&.zero? }
        @dumps.forget(waiting)
        @keep.call { |dump| done_with?(dump) }.each { |dump| @listener.dropped(dump) }
        candidates(:waiting).filter_map { |dump| wait(dump) }.min
      end

      def candidates(state)
        found = @only ? [@dumps.find(@only)].compact : @dumps.all
        found.select { |dump| dump.state == state }
      end

      # Seconds until a dump may be tried; nil: it is not whole, or has had all its tries.
      def wait(dump)
        waits = [@tries.wait(dump, now), @dumps.wait(dump)]
        waits.max unless waits.include?(nil)
      end

      # Whether nothing more will be tried with it, and nobody writes it any more.
      def done_with?(dump)
        dump.state != :waiting || (wait(dump).nil? && @dumps.rested?(dump))
      end

      def try(dump)
        begun = now
        place = deliver(dump) or return
        @shipped += 1
        @tries.forget(dump)
        @listener.shipped(dump, place, now - begun)
      end

      # The place of the dump, nil if the try has failed.
      def deliver(dump)
        @delivery.call(dump)
      rescue *ERRORS => e
        failed_try(dump, e) if dump.same? # else it was removed, or is another one that waits now
        nil
      end

      def failed_try(dump, error)
        count, pause = count_try(dump, error)
        words = words(error)
        @failed += 1 if @last || pause.nil?
        give_up(dump, words, count) unless pause
        @listener.failed(dump, words, count, @tries.most, @last && pause ? :later : pause)
      end

      # A name that another file has will not become free. A mark says that there is another try.
      def count_try(dump, error)
        count, pause = @tries.failed(dump, now, last: error.is_a?(Sink::Conflict))
        if pause
          Marks.write(dump.path, Marks::FAILED, dump.stat,
                      { "tries" => count, "error" => Terminal::Text.safe(words(error)),
                        "again" => (Time.now + pause).utc.strftime("%Y-%m-%dT%H:%M:%SZ") })
        end
        [count, pause]
      rescue SystemCallError
        [count, pause] # on a full disk there is no mark
      end

      def words(error)
        error.is_a?(SystemCallError) ? Terminal::Trouble.sentence(error) : error.message
      end

      def give_up(dump, words, count)
        Marks.write(dump.path, Marks::FAILED, dump.stat,
                    { "tries" => count, "error" => Terminal::Text.safe(words) })
      rescue SystemCallError
        nil # on a full disk there is no mark, and the next process tries it anew
      end

      def rest(seconds)
        @bell.io.wait_readable(seconds)
      end

      def now
        Process.clock_gettime(Process::CLOCK_MONOTONIC)
      end
    end
  end
end
