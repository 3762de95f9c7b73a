# frozen_string_literal: true

require "json"

module HeapDump
  class Snapshot
    # Lines of a dump as frozen Hashes. Those that were used last stay in memory, except very long
    # ones.
    class Lines # :nodoc:
      KEPT = 512
      KEPT_BYTES = 1 << 16

      # Parses a line; one that is not valid gives {}.
      def self.parse(text)
        line = text && JSON.parse(text, max_nesting: false)
        (line.is_a?(Hash) ? line : {}).freeze
      rescue JSON::ParserError
        {}.freeze
      end

      def initialize(graph)
        @graph = graph
        @whole = {}
        @brief = {}
      end

      # The line of a node, by the node's number.
      def whole(number)
        known = @whole.delete(number)
        return keep(@whole, number, known) if known

        text = @graph.line(number)
        line = Lines.parse(text)
        text && text.bytesize > KEPT_BYTES ? line : keep(@whole, number, line)
      end

      # The line of a node without long texts and long lists: see Node#brief.
      def brief(number)
        line = @brief.delete(number) || Lines.parse(@graph.brief(number))
        keep(@brief, number, line)
      end

      private

      def keep(lines, number, line)
        lines.shift if lines.size >= KEPT
        lines[number] = line
      end
    end
    private_constant :Lines
  end
end
