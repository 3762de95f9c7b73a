# frozen_string_literal: true

module HeapDump
  class Snapshot
    # Reads a dump into a Graph, from the index of the dump if there is one.
    class Loading # :nodoc:
      # For a smaller dump an index would save no time.
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
        make_room
        @graph.load(@path, @strict, keep?)
        @graph.save_index if keep?
      end

      private

      # A snapshot has a descriptor until the GC frees it. Where there are no more descriptors, MRI
      # runs the GC if it opens a file itself; the reader in C cannot. Two files: the dump, and its
      # index.
      def make_room
        File.open(@path) { File.open(@path) {} } if File.file?(@path) # rubocop:disable Lint/EmptyBlock
      rescue SystemCallError
        nil # the reader will say what is wrong
      end

      # Whether to use an index. A strict reader has to look at every line, so it uses none.
      def keep?
        return false if @index == false || @strict || !File.file?(@path)

        @index == true || File.size(@path) >= LARGE
      end
    end
    private_constant :Loading
  end
end
