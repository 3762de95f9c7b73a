# frozen_string_literal: true

module HeapDump
  class Web
    # A dump that is open, and answers that several questions need.
    class Opened
      KEPT = 16 # histograms, and lists
      BEGINNING = 10_000 # items of a list that are kept

      # The dump (Snapshot).
      attr_reader :snapshot
      # What is the same for the same dump, and for no other (String).
      attr_reader :key

      def initialize(snapshot, key)
        @snapshot = snapshot
        @redacted = snapshot.redacted
        @key = key
        @histograms = {}
        @lists = {}
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
        kept(@histograms, key) do
          view(values).histogram(by: by, below: below)
        end
      end

      # A part of a sorted list of objects: how many there are in all, and the numbers of those from
      # +offset+ on, at most +limit+. The block returns the same for an offset and a limit. The
      # beginnings of the latest lists are kept: to find the first page takes as long as to find
      # fifty, and who has seen one asks for the next.
      def list(key, offset, limit)
        return yield(offset, limit) if offset + limit > BEGINNING

        total, numbers = kept(@lists, key) { yield(0, BEGINNING) }
        [total, numbers.drop(offset).first(limit)]
      end

      private

      # What the block returns, the first time for a key. What was used last is the last one.
      def kept(all, key)
        found = @mutex.synchronize do
          known = all.delete(key)
          all[key] = known if known
        end
        return found if found

        worked_out = yield
        @mutex.synchronize do
          all.shift if all.size >= KEPT
          all[key] = worked_out
        end
      end
    end
  end
end
