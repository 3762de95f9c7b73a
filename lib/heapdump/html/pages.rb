# frozen_string_literal: true

module HeapDump
  module Html
    # How well the pages of the Ruby heap are used.
    class Pages < Section
      title "Pages of the Ruby heap"
      limit 20, "sizes of slots"
      template "pages"

      MUCH = 0.25 # a share of pages that are nearly empty which is worth a word
      private_constant :MUCH

      private

      def memory
        subject.memory
      end

      def lead
        return "The dump does not say how many pages the heap has." unless memory.pages

        free = percent(memory.free_slots, memory.slots)
        "#{plural(memory.pages, "page")} (#{bytes(memory.page_bytes)}) have " \
          "#{count(memory.slots)} slots for objects. #{count(memory.free_slots)} slots are free " \
          "(#{free}, #{bytes(memory.free_bytes)})."
      end

      def fragmentation
        return unless memory.used_pages&.positive?
        return "Not fragmented: no page is nearly empty." if memory.sparse_pages.zero?

        share = percent(memory.sparse_pages, memory.used_pages)
        "Fragmentation: #{plural(memory.sparse_pages, "page")} of #{count(memory.used_pages)} in " \
          "use (#{share}) have a tenth of their slots live or less; " \
          "#{plural(memory.sparse_objects, "object")} hold them.#{advice}"
      end

      def advice
        return unless memory.sparse_pages >= MUCH * memory.used_pages

        " A page is given back only when it is empty. GC.compact moves objects together."
      end

      # What the footer says of each size of slots (Array of Hash).
      def heaps
        heaps = snapshot.footer["heaps"]
        return [] unless heaps.is_a?(Array) && memory.pages

        heaps.select { |heap| heap.is_a?(Hash) && numbers(heap).all?(Integer) }
      end

      def numbers(heap)
        heap.values_at("slot_size", "pages", "slots", "free")
      end

      def heaps_table
        table("Pages by the size of their slots",
              Table::NAME["size of a slot", "an object takes one slot"],
              Table::NUMBER["pages", ""], Table::NUMBER["slots", "room for objects"],
              Table::NUMBER["free", "slots without an object"],
              Table::NUMBER["free", "share of the slots"]) do |table|
          heaps.first(limit).each do |heap|
            size, pages, slots, free = numbers(heap)
            table.row(bytes(size), count(pages), count(slots), count(free), percent(free, slots))
          end
          rest = heaps.size - limit
          table.rest(plural(rest, "other size"), *([""] * 4)) if rest.positive?
        end
      end
    end
  end
end
