# frozen_string_literal: true

require_relative "../bell"

module HeapDump
  module Asking
    # A thread that goes between a desk and a bus that is far away. Neither the watch nor the
    # application ever waits for that bus.
    class Courier # :nodoc:
      LONGEST = 60 # seconds between two tries; the first is after one, each time twice as many
      HANGS = 2 # seconds for the last words
      REST = 0.5 # seconds between two looks at the bus, however much it has to say
      private_constant :LONGEST, :HANGS, :REST

      # Is rung when there is a part to be looked at.
      attr_reader :bell

      def initialize(desk, bus, voice)
        @desk = desk
        @bus = bus
        @voice = voice
        @bell = Bell.new # for the watch
        @work = Bell.new # for this thread
        @thread = Thread.new { run }
        @thread.name = "heapdump ask"
        @thread.thread_variable_set(:fork_safe, true) # for Puma: children start their own
      end

      # There is something to be told.
      def ring
        @work.ring
      end

      # The process ends: what is to be told still goes out, if the bus is quick.
      def close
        @closed = true
        ring
        @thread.kill.join(HANGS) unless @thread.join(HANGS)
        [@bell, @work].each(&:close)
      end

      # In a forked child, which has not this thread.
      def forget
        @bus.forget
        [@bell, @work].each(&:close)
      end

      private

      def run
        pause = 1
        loop do
          pause = go ? 1 : [2 * wait(pause), LONGEST].min
          break if @closed
        end
        @desk.deliver if @desk.letters?
      rescue *Trigger::OURS => e
        @voice.say("nobody can ask for dumps by #{@bus} any more: #{e.message} (#{e.class})")
      ensure
        @bus.close # also when this thread is ended because the bus hangs
      end

      # Returns nil if the bus is down.
      def go
        listen if @bus.new?
        before = @desk.part
        @desk.exchange or return
        @bell.ring unless @desk.part.equal?(before)
        rest
        # A connection that broke meanwhile was made anew, and has to listen before anybody waits.
        @bus.wait(PostgresBus::POLL, @work.io) unless @closed || @bus.new?
        @work.silence
        true
      rescue Down
        @desk.exchange # tells it, or finds that the bus is there again
        nil
      end

      # Ends at once when there is something to be told.
      def rest
        @work.io.wait_readable(REST) unless @closed
      end

      def wait(seconds)
        @work.io.wait_readable(seconds) unless @closed
        @work.silence
        seconds
      end

      def listen
        return if @bus.listen || @told

        @told = true
        @voice.say("notifications of #{@bus} do not arrive here, as behind a pooler that shares " \
                   "connections; it is looked at every #{PostgresBus::POLL} s instead")
      end
    end
  end
end
