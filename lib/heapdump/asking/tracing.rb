# frozen_string_literal: true

module HeapDump
  module Asking
    # Traces where objects are allocated, until #stop, or until somebody calls #look after the
    # deadline. Where the application traces already, it is left alone.
    class Tracing # :nodoc:
      # +deadline+ is a time of the clock that nobody sets. The +voice+ tells that it begins and
      # ends, and for which request (Request).
      def initialize(deadline, request, voice)
        require "objspace" # belongs to Ruby, so it is there when the directory of the gem is gone
        @deadline = deadline
        @request = request
        @voice = voice
        @mine = !Tracing.on?
        @mine ? start : say("are traced already by the application")
      end

      # What is known of a new object may be that of an older one in its place, which was freed
      # after the tracing had ended. That one is of an earlier GC.
      def self.on?
        ObjectSpace.allocation_generation(Object.new) == GC.count
      end

      # Whether it goes on.
      def look(seconds)
        stop if seconds > @deadline
        @mine
      end

      # What was traced is forgotten, unless somebody else has begun to trace meanwhile.
      # In a forked child that needs not be +told+.
      def stop(told: true)
        return unless @mine

        @mine = false
        ObjectSpace.trace_object_allocations_stop
        ObjectSpace.trace_object_allocations_clear unless Tracing.on?
        say("are not traced any more") if told
      end

      private

      def start
        ObjectSpace.trace_object_allocations_start
        say("are traced for #{@request.trace} s before the first dump, and until the last one")
      end

      def say(words)
        @voice.say("allocations #{words} (request #{@request.id})")
      end
    end
  end
end
