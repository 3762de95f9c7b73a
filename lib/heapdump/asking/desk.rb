# frozen_string_literal: true

module HeapDump
  module Asking
    # Where a process takes a part in requests, and leaves what it has to tell. #exchange talks with
    # the bus, and is called by one thread; the other methods only take and leave, at any time.
    class Desk # :nodoc:
      MOST = 200 # steps that wait for a bus that is down; more are lost
      QUIET = 600 # seconds in which that is told once, also if it comes and goes
      # Something to tell, and what becomes of the place with it: it is free for another process
      # (:free), or nobody else's ever (:keep), or as it was (nil); whether it is told already.
      Letter = Struct.new(:part, :step, :place, :told)
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

      # The part of this process (Part); nil if it has none. To read one variable needs no lock.
      attr_reader :part

      # Tells of a step. The part ends with it if +ends+, and then the place is free for another
      # process if +frees+.
      def tell(part, state, ends: false, frees: false, **fields)
        @mutex.synchronize do
          place = frees ? :free : :keep
          leave(part, state, ends ? place : nil, fields)
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
        !@letters.empty?
      end

      # Talks with the bus. Returns nil if that is down. A sign of life is the first thing: a full
      # disk, on which nothing can be told, still takes it.
      def exchange
        connected do
          part = @part
          look_after(part) if part
          post
          take unless part
        end
      end

      # Tells what is to be told, and takes no part. Returns nil if the bus is down.
      def deliver
        letters? ? connected { post } : true
      end

      private

      def connected
        yield
        back if @down
        true
      rescue Down => e
        down(e.message)
      rescue SystemCallError => e
        down(Terminal::Trouble.sentence(e))
      end

      # Dumps that are there are not made again, also if that cannot be told now. But before another
      # process begins, it is told why this one has not.
      def post
        return @overflow = false if @letters.empty?

        @mutex.synchronize { @letters.select { |one| one.place == :keep } }
              .each { |letter| settle(letter) }
        while (letter = @mutex.synchronize { @letters.first })
          @bus.tell(letter.part.request.id, @who, letter.step) unless letter.told
          letter.told = true
          settle(letter) if letter.place
          @mutex.synchronize { @letters.shift }
        end
        @overflow = false
      end

      def settle(letter)
        part = letter.part
        @bus.public_send(letter.place, part.request.id, part.place, @who)
        letter.place = nil
      end

      def look_after(part)
        return end_part(part, :cancelled) if @bus.cancelled?(part.request.id)

        asked = Lease.now
        mine = @bus.renewed?(part.request.id, part.place, @who)
        part.confirm(asked) if mine
        return unless mine == false

        end_part(part, :left, words: "another process has its place: it gave no sign of life for " \
                                     "#{Lease::TIME} s")
      end

      # Its place is not this process' own any more.
      def end_part(part, state, **fields)
        @mutex.synchronize do
          next unless @part.equal?(part)

          leave(part, state, nil, fields)
          finish(part)
        end
        post
      end

      def take
        return if @stopped || !@wanted

        requests = @bus.open(@clock)
        return @past.clear if requests.empty?

        @past &= requests.map(&:id)
        requests.each do |request|
          next if @past.include?(request.id) || !request.for?(@who)

          asked = Lease.now
          place = @bus.claim(request, @who) or next
          part = Part.new(request, place, asked)
          @mutex.synchronize do
            @part = part
            leave(part, :accepted, nil, {})
            quit(part) if @stopped # meanwhile
          end
          return post
        end
      end

      def quit(part)
        leave(part, :left, :free, words: @stopped)
        finish(part)
      end

      # If there is no room for the step, the place becomes free all the same.
      def leave(part, state, place, fields)
        step = { n: @number += 1, time: @clock.now.to_i, app: @who.app, host: @who.host,
                 pid: @who.pid, life: @who.life, place: part.place, state: state, **fields }
        full = @letters.size >= MOST
        overflow if full
        @letters << Letter.new(part, step, place, full) if place || !full
      end

      def overflow
        return if @overflow

        @overflow = true
        @voice.say("#{MOST} steps wait for #{@bus}; until they are told, whoever asked learns " \
                   "nothing more")
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
        @voice.say("dumps can be asked for by #{@bus} again") if @loud
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
