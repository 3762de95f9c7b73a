# frozen_string_literal: true

module HeapDump
  module Asking
    # Where a process takes a part in requests, and leaves what it has to tell. #exchange talks with
    # the bus, and is called by one thread; the other methods only take and leave, at any time.
    class Desk # :nodoc:
      MOST = 200 # steps that wait for a bus that is down
      QUIET = 600 # seconds in which that is told once, also if it comes and goes
      # Something to tell, and whether the place becomes free with it; whether it is told already.
      Letter = Struct.new(:part, :step, :frees, :told)
      private_constant :MOST, :QUIET, :Letter

      # +voice+ tells when the bus is down, and when it is there again.
      def initialize(bus, who, voice, clock: Time)
        @bus = bus
        @who = who
        @voice = voice
        @clock = clock
        @mutex = Mutex.new
        @letters = []
        @past = []
        @number = 0
        @wanted = true
      end

      # The part of this process (Part); nil if it has none.
      def part
        @mutex.synchronize { @part }
      end

      # Tells of a step. The part ends with it if +ends+, and then the place is free for another
      # process if +frees+.
      def tell(part, state, ends: false, frees: false, **fields)
        @mutex.synchronize do
          leave(part, state, frees, fields)
          finish(part) if ends
        end
      end

      # Whether this process may dump now. As long as it may not, it takes no part.
      attr_writer :wanted

      # This process takes no part any more. +words+ say why, if it has one now.
      def stop(words)
        @mutex.synchronize do
          @stopped = words
          quit(@part) if @part
        end
      end

      # Whether there is something for the bus.
      def letters?
        @mutex.synchronize { @letters.any? }
      end

      # Talks with the bus. Returns nil if that is down.
      def exchange
        connected do
          post
          part = self.part
          part ? look_after(part) : take
        end
      end

      # Tells what is to be told, and takes no part. Returns nil if the bus is down.
      def deliver
        letters? ? connected { post } : true
      end

      private

      def connected
        yield
        back
        true
      rescue Down => e
        down(e.message)
      rescue SystemCallError => e
        down(Terminal::Trouble.sentence(e))
      end

      def post
        while (letter = @mutex.synchronize { @letters.first })
          @bus.tell(letter.part.request.id, @who, letter.step) unless letter.told
          letter.told = true
          @bus.free(letter.part.request.id, letter.part.place, @who) if letter.frees
          @mutex.synchronize { @letters.shift }
        end
      end

      def look_after(part)
        return unless @bus.cancelled?(part.request.id)

        @mutex.synchronize do
          next unless @part.equal?(part)

          leave(part, :cancelled, false, {})
          finish(part)
        end
        post
      end

      def take
        return if @stopped || !@wanted

        requests = @bus.open(@clock.now)
        @past &= requests.map(&:id)
        requests.each do |request|
          next if @past.include?(request.id) || !request.for?(@who)

          place = @bus.claim(request, @who) or next
          part = Part.new(request, place)
          @mutex.synchronize do
            @part = part
            leave(part, :accepted, false, {})
            quit(part) if @stopped # meanwhile
          end
          return post
        end
      end

      def quit(part)
        leave(part, :left, true, words: @stopped)
        finish(part)
      end

      def leave(part, state, frees, fields)
        return if @letters.size >= MOST

        step = { n: @number += 1, time: @clock.now.to_i, app: @who.app, host: @who.host,
                 pid: @who.pid, life: @who.life, place: part.place, state: state, **fields }
        @letters << Letter.new(part, step, frees)
      end

      def finish(part)
        @past << part.request.id
        @part = nil if @part.equal?(part)
      end

      def down(words)
        return if @down

        @down = true
        @loud = loud?
        @voice.say("nobody can ask for dumps by #{@bus}: #{words}; it is tried again") if @loud
        nil
      end

      def back
        @voice.say("dumps can be asked for by #{@bus} again") if @down && @loud
        @down = false
      end

      def loud?
        now = Process.clock_gettime(Process::CLOCK_MONOTONIC)
        return false if @told && now < @told + QUIET

        @told = now
        true
      end
    end
  end
end
