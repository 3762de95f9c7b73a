# frozen_string_literal: true

module HeapDump
  class Web
    # A dump that is open, and answers that several questions need.
    class Opened
      KEPT = 16 # histograms

      # The dump (Snapshot).
      attr_reader :snapshot
      # What is the same for the same dump, and for no other (String).
      attr_reader :key

      def initialize(snapshot, key)
        @snapshot = snapshot
        @redacted = snapshot.redacted
        @key = key
        @histograms = {}
        @mutex = Mutex.new
      end

      # The dump, without its data unless +values+ is true (Snapshot).
      def view(values)
        values ? snapshot : @redacted
      end

      # As Snapshot#histogram. The latest ones are kept: a list is asked for in pages, and sorted in
      # other ways.
      def histogram(by, below, values)
        key = [by, below, values]
        kept(key) || keep(key, view(values).histogram(by: by, below: below))
      end

      private

      # The histogram that was used last is the last one.
      def kept(key)
        @mutex.synchronize do
          histogram = @histograms.delete(key)
          @histograms[key] = histogram if histogram
        end
      end

      def keep(key, histogram)
        @mutex.synchronize do
          @histograms.shift if @histograms.size >= KEPT
          @histograms[key] = histogram
        end
      end
    end
  end
end
