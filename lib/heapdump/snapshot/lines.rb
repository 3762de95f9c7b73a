# frozen_string_literal: true

require "json"

module HeapDump
  class Snapshot
    # Lines of a dump as frozen Hashes. Those that were used last stay in memory, except very long
    # ones.
    class Lines # :nodoc:
      KEPT = 2048 # lines: a page of 200 objects and what holds them may need a thousand
      KEPT_BYTES = 1 << 16 # of text of a whole line
      ALL_BYTES = 4 << 20 # of text of all lines that stay

      # Lines that stay, those that were used last at the end. Several threads may use them.
      class Kept
        def initialize
          @mutex = Mutex.new
          @lines = {} # by number: the line, and the size of its text
          @bytes = 0
        end

        # The line with a number, nil if it has not stayed.
        def [](number)
          @mutex.synchronize do
            entry = @lines.delete(number) or return
            @lines[number] = entry
            entry.first
          end
        end

        # Keeps a line, which may be longer than all others may be together, and returns it.
        def add(number, line, bytes)
          @mutex.synchronize do
            forget(number)
            @lines[number] = [line, bytes]
            @bytes += bytes
            forget(@lines.first.first) while too_much?
          end
          line
        end

        private

        def too_much?
          @lines.size > KEPT || (@bytes > ALL_BYTES && @lines.size > 1)
        end

        # Another thread may have read the same line.
        def forget(number)
          _line, bytes = @lines.delete(number)
          @bytes -= bytes.to_i
        end
      end
      private_constant :Kept

      # Parses a line; one that is not valid gives {}.
      def self.parse(text)
        line = text && JSON.parse(text, max_nesting: false)
        (line.is_a?(Hash) ? line : {}).freeze
      rescue JSON::ParserError
        {}.freeze
      end

      # The block, if there is one, returns what stands for a line that was read (frozen Hashes).
      def initialize(graph, &change)
        @graph = graph
        @change = change
        @whole = Kept.new
        @brief = Kept.new
      end

      # The line of a node, by the node's number.
      def whole(number)
        @whole[number] || begin
          text = @graph.line(number)
          line = read(text)
          long = text && text.bytesize > KEPT_BYTES
          long ? line : @whole.add(number, line, text.to_s.bytesize)
        end
      end

      # The line of a node without long texts and long lists: see Node#brief.
      def brief(number)
        @brief[number] || begin
          text = @graph.brief(number)
          @brief.add(number, read(text), text.to_s.bytesize)
        end
      end

      private

      def read(text)
        line = Lines.parse(text)
        @change ? @change.call(line) : line
      end
    end
    private_constant :Lines
  end
end
