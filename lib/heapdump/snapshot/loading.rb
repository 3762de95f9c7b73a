# frozen_string_literal: true

module HeapDump
  class Snapshot
    # Reads a dump into a Graph, from its index where there is one.
    class Loading # :nodoc:
      # Below it, reading the dump is as quick as its index would be.
      LARGE = 64 << 20 # bytes of a file

      def initialize(graph, path, index, strict)
        unless [true, false, :auto].include?(index)
          raise ArgumentError, "index: is true, false or :auto, not #{index.inspect}"
        end

        @graph = graph
        @path = path
        @index = index
        @strict = strict
      end

      def run
        @graph.load(@path, @strict, keep?)
        @graph.save_index if keep?
      end

      private

      # What is strict looks at every line.
      def keep?
        return false if @index == false || @strict || !File.file?(@path)

        @index == true || File.size(@path) >= LARGE
      end
    end
    private_constant :Loading
  end
end
