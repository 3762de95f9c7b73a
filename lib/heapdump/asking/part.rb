# frozen_string_literal: true

module HeapDump
  module Asking
    # The part that this process has in a request: its place among those that dump, and how many
    # dumps it has made. Clocks are those that nobody sets.
    class Part # :nodoc:
      attr_reader :request, :place, :taken

      # +asked+ is when the bus was asked for the place (seconds of Lease.now).
      def initialize(request, place, asked)
        @request = request
        @place = place
        @taken = 0
        confirm(asked)
      end

      # The bus has said that the place is still that of this process. It was asked before: the
      # answer may have been long on its way.
      def confirm(asked)
        @confirmed = asked
      end

      # Whether nobody else can have the place yet, also not before a dump that is begun now ends.
      def sure?
        Lease.now - @confirmed < Lease::FRESH
      end

      # Whether the next dump is due. The first call tells when the part began.
      def due?(seconds)
        @next ||= seconds + @request.trace.to_i
        !@under_way && seconds >= @next
      end

      def began(seconds)
        @under_way = true
        @next = seconds + @request.every
      end

      def took
        @under_way = false
        @taken += 1
      end

      def through?
        @taken >= @request.dumps
      end
    end
  end
end
