# frozen_string_literal: true

require "objspace"

module HeapDump
  module Asking
    # Traces where objects are allocated, until #stop, or until somebody calls #look after the
    # deadline. Where the application traces already, it is left alone.
    class Tracing # :nodoc:
      # +deadline+ is a time of the clock that nobody sets.
      def initialize(deadline)
        @deadline = deadline
        return if Tracing.on?

        ObjectSpace.trace_object_allocations_start
        @mine = true
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
      def stop
        return unless @mine

        @mine = false
        ObjectSpace.trace_object_allocations_stop
        ObjectSpace.trace_object_allocations_clear unless Tracing.on?
      end
    end
  end
end
