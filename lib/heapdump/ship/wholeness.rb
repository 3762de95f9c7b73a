# frozen_string_literal: true

require "json"
require_relative "../snapshot"

module HeapDump
  module Ship
    # What a dump says of itself: its first and its last line.
    class Wholeness # :nodoc:
      attr_reader :header, :footer

      # Reads all of the file. Raises HeapDump::ReadError.
      def initialize(path)
        first, last = Graph.ends(path)
        @header = line(first, "HEADER")
        @footer = line(last, "FOOTER")
        @ended = !last.nil?
      end

      # true, false, or nil if nobody can tell, because what ObjectSpace.dump_all writes has no
      # footer.
      def whole
        return true if @footer && @footer["complete"] == true
        return false if @header || @footer || !@ended

        nil
      end

      private

      def line(text, type)
        fields = text && JSON.parse(text)
        fields if fields.is_a?(Hash) && fields["type"] == type
      rescue JSON::ParserError
        nil
      end
    end
  end
end
