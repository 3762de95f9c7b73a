# frozen_string_literal: true

module HeapDump
  class Snapshot
    # What the process consisted of when the dump was taken. Frozen.
    class ProcessMemory
      # What each part is called on the screen.
      LABELS = {
        heap_pages: "pages of the Ruby heap", object_malloc: "malloc of objects",
        other_malloc: "malloc of others", free_malloc: "free memory of malloc",
        stacks: "stacks", code: "mapped files", jit: "code of the JIT", rest: "other mappings"
      }.freeze

      attr_reader :rss, :parts

      def initialize(snapshot) # :nodoc:
        memory = snapshot.header["memory"]
        rss = memory["rss"] if memory.is_a?(Hash)
        @rss = rss if rss.is_a?(Integer) && rss.positive?
        @parts = {}.freeze
        freeze
      end
    end
  end
end
