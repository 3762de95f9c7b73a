# frozen_string_literal: true

module HeapDump
  module Convert
    # Numbers of nodes. By them DevTools and memlab recognize the same object in two dumps of a
    # process. They are made of the addresses of objects and of the words of roots, so that an
    # object that has not moved has the same number in each dump.
    #
    # Readers store 32 bits, and take odd numbers for objects. The other bits are enough for 16 GiB
    # of addresses: a page of 64 KiB gets a number of 18 bits, which are the lower bits of its own
    # number, or the next number that is free.
    class HeapsnapshotIds # :nodoc:
      PAGE_BITS = 16
      UNIT_BITS = 3 # objects begin at multiples of 8
      SLOTS = 1 << (PAGE_BITS - UNIT_BITS)
      PAGES = 1 << 18
      ROOTS = 0 # the page of roots
      VIRTUAL_ROOT = 1

      def initialize
        @taken = { ROOTS => true }
        @page = nil
        @roots = { 0 => true }
      end

      # The number of an object. Addresses must come in ascending order.
      def of_object(address)
        open_page(address >> PAGE_BITS) unless @page == address >> PAGE_BITS
        slot = [(address & ((1 << PAGE_BITS) - 1)) >> UNIT_BITS, @last + 1].max
        if slot >= SLOTS # the addresses are not aligned as those of objects are
          take_number(@number + 1)
          slot = 0
        end
        @last = slot
        odd(@number, slot)
      end

      # The number of a root, by its words; several roots may have the same words.
      def of_root(words)
        slot = words.each_byte.reduce(7) { |hash, byte| ((hash * 31) + byte) % SLOTS }
        slot = (slot + 1) % SLOTS while @roots[slot]
        @roots[slot] = true
        odd(ROOTS, slot)
      end

      private

      def odd(page, slot)
        (((page * SLOTS) + slot) * 2) + 1
      end

      def open_page(page)
        @page = page
        @last = -1
        take_number(page % PAGES)
      end

      def take_number(number)
        if @taken.size == PAGES
          raise Error, "the heap has more than 16 GiB of pages; readers of this format have no " \
                       "numbers for more"
        end
        number = (number + 1) % PAGES while @taken[number]
        @taken[number] = true
        @number = number
      end
    end
    private_constant :HeapsnapshotIds
  end
end
