# frozen_string_literal: true

module HeapDump
  class Leaks
    # The limits by which growth is judged, all of them. What each number counts (of which part, of
    # which dump) is told in ext/heapgraph/growth/leak.h. A step leads from one dump to the next.
    module Rules # :nodoc:
      # --- What grows at all

      # For so many steps in which a number grew, it may stand still in one step at the end: the
      # process may have been idle.
      IDLE = 4
      # A number of objects that falls in between grows too if enough of them stay (below). Fewer
      # dumps have too few steps to tell that.
      STAY_DUMPS = 4
      # Symbols that the VM alone holds are made by code that runs for the first time as well. So
      # many new ones in each step are more than that.
      SYMBOLS_PER_STEP = 10
      # The same for names: variables, constants. So many new ones in each step are more than a
      # program has in its source.
      NAMES_PER_STEP = 10
      # Contents of objects whose number stands still: less is no growth, of bytes in memory, and of
      # bytes of their lines in the dump, which tell of entries that need no memory yet.
      CONTENT_BYTES = 256
      LINE_BYTES = 64

      # --- What belongs together

      # What grows below a leak is told with it if it grows by one part in so many of the leak's
      # objects, or by more than one part in so many of its bytes. (A tree has few leaves with a
      # payload for many nodes.)
      INNER_OBJECTS = 2
      INNER_BYTES = 8
      # Another holder is told if it holds one new object in so many.
      OTHER_HOLDERS = 2
      # A place of allocation is told, elements count as a list, and two suspects as one leak, if
      # that is true of this part of the objects.
      MOST = 0.5
      # Two suspects grow at one pace if each step is the same part of all growth, but for so much.
      SAME_PACE = 0.2

      # --- What is too little

      # Of two dumps: less than so many objects and bytes may be anything that happened once, and a
      # pair of objects always.
      FEW = 10
      FEW_BYTES = 64 * 1024
      PAIR = 2
      # Growth by fewer objects, all steps together, in fewer steps, and by fewer than FEW_BYTES is
      # told with less confidence.
      SLOW = 10
      SLOW_STEPS = 4

      # --- What slows down

      # The last growth as a part of the first one, at or below which it looks like a cache that
      # fills up: of objects (below); of entries and bytes, as buffers are filled.
      SLOWER = 0.25
      SLOWER_CONTENT = 0.5
      # The same, below which the pace falls: told with less confidence.
      PACE = 0.6
      # A step that grew by less than this part of the largest one: told with less confidence.
      UNEVEN = 0.2

      # --- What is replaced all the time

      # Of a thousand objects of a sample, so many are at the same address in the next dump unless
      # the heap was compacted. Then nothing is said of what is replaced.
      STABLE = 500
      # This part of a dump's objects is in the next one, or they are replaced all the time.
      KEPT = 0.5
      # What is replaced all the time grows only if each step adds this part of what there was, and
      # so many objects: anything less is a number that goes up and down.
      SURGE = 0.25
      SURGE_OBJECTS = 20
      # Or if all steps are alike, but for this part of the largest, and the steps after the first
      # add so many objects together: the longer growth is even, the less is it by chance. For so
      # many steps, it is hardly chance at all.
      EVEN = 0.1
      EVEN_OBJECTS = 20
      EVEN_STEPS = 3
      # Or if some stay. Each step adds so many to those; the smallest step is this part of the
      # largest; of those that have stayed for one step, this part stays for the next; and all
      # objects together become more by this part of what those do.
      STAY_PER_STEP = 10
      STAY_EVEN = 0.5
      STAY_LONGER = 0.9
      STAY_GROWTH = 0.5

      # Those that the reader needs, by their names there (struct hg_rules in growth.h).
      def self.for_reader
        { idle: IDLE, symbols_per_step: SYMBOLS_PER_STEP, stay_per_step: STAY_PER_STEP,
          stay_dumps: STAY_DUMPS, inner_objects: INNER_OBJECTS, inner_bytes: INNER_BYTES,
          other_holders: OTHER_HOLDERS, content_bytes: CONTENT_BYTES, line_bytes: LINE_BYTES }
      end
    end
  end
end
