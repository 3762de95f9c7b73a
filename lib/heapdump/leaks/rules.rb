# frozen_string_literal: true

module HeapDump
  class Leaks
    # All limits by which growth is judged. ext/heapgraph/growth/leak.h says for each number what it
    # counts (of which part, of which dump). A step leads from one dump to the next.
    module Rules # :nodoc:
      # --- What grows at all

      # For each IDLE steps in which a number grew, it may stand still in one step at the end,
      # because the process may have been idle.
      IDLE = 4
      # A number of objects that falls in between counts as growing too if enough of the objects
      # stay (see STAY_PER_STEP and below). With fewer dumps than this there are too few steps to
      # know.
      STAY_DUMPS = 4
      # Symbols that only the VM holds: code that runs for the first time makes such symbols as
      # well. Only this many new ones in each step are more than that.
      SYMBOLS_PER_STEP = 10
      # The same for names of variables and constants: this many new ones in each step are more than
      # a program has in its source.
      NAMES_PER_STEP = 10
      # For objects whose number stands still and whose content may grow: growth by fewer bytes does
      # not count. The first limit is for bytes in memory, the second for bytes of their lines in
      # the dump, which show entries that need no memory yet.
      CONTENT_BYTES = 256
      LINE_BYTES = 64
      # Growth by fewer entries than this does not count either: marks of the GC make a line longer
      # as well, on Ruby 4.0 by more than two references.
      CONTENT_ENTRIES = 3
      # What only caches of code hold counts as a leak if it grew by so many bytes: each call in the
      # source has one cache, so less than this is what code that runs for the first time needs.
      CACHE_BYTES = 1 << 20

      # --- What belongs together

      # What grows below a leak is named with it if the growth is at least 1 / INNER_OBJECTS of that
      # of the leak in objects, or more than 1 / INNER_BYTES of it in bytes. (A tree may have few
      # leaves with a payload for many nodes.)
      INNER_OBJECTS = 2
      INNER_BYTES = 8
      # Another holder is named if it holds at least 1 / OTHER_HOLDERS of the new objects.
      OTHER_HOLDERS = 2
      # This part of the objects is "most" of them: a place of allocation is named if it made most
      # of the new objects, objects count as a list if most of them hold each other, and two
      # suspects are one leak if one holds most of the new objects of the other.
      MOST = 0.5
      # Two suspects grow at one pace if each step is the same part of all growth for both; the
      # parts may differ by this much.
      SAME_PACE = 0.2

      # --- What is too little

      # If there are only two dumps: fewer than FEW objects with fewer than FEW_BYTES bytes may be
      # something that happened once, and up to PAIR objects always.
      FEW = 10
      FEW_BYTES = 64 * 1024
      PAIR = 2
      # Growth by fewer than SLOW objects in all steps together, in fewer than SLOW_STEPS steps, and
      # by fewer than FEW_BYTES bytes is shown with less confidence.
      SLOW = 10
      SLOW_STEPS = 4

      # --- What slows down

      # The last growth as a part of the first one, at or below which the growth looks like that of
      # a cache that fills up: SLOWER for objects (below it only), SLOWER_CONTENT for entries and
      # bytes, as of buffers that are filled.
      SLOWER = 0.25
      SLOWER_CONTENT = 0.5
      # If that part is smaller than this, the pace falls and the leak is shown with less
      # confidence.
      PACE = 0.6
      # If the smallest step is less than this part of the largest one, the leak is shown with less
      # confidence.
      UNEVEN = 0.2

      # --- What is replaced all the time

      # If at least this many of a thousand sampled objects are at the same address in the next
      # dump, the heap was not compacted. Otherwise nothing can be said about what is replaced.
      STABLE = 500
      # If less than this part of a dump's objects is in the next dump, the objects are replaced all
      # the time.
      KEPT = 0.5
      # Objects that are replaced all the time count as growing only if each step adds at least the
      # part SURGE of what there was, and at least SURGE_OBJECTS objects. Anything less is a number
      # that goes up and down.
      SURGE = 0.25
      SURGE_OBJECTS = 20
      # Or they count as growing if growth is even: the steps differ by at most the part EVEN of the
      # largest one, and the smallest step, times the number of steps after the first, is at least
      # EVEN_OBJECTS. The longer growth is even, the less likely it is to be chance; with EVEN_STEPS
      # steps it is hardly chance.
      EVEN = 0.1
      EVEN_OBJECTS = 20
      EVEN_STEPS = 3
      # Or they count as growing if some of them stay: each step adds at least STAY_PER_STEP to
      # those that stay; the smallest step is at least the part STAY_EVEN of the largest; of the
      # objects that have stayed for one step at least the part STAY_LONGER stays for another; and
      # the number of all objects grows by at least the part STAY_GROWTH of the growth of those that
      # stay.
      STAY_PER_STEP = 10
      STAY_EVEN = 0.5
      STAY_LONGER = 0.9
      STAY_GROWTH = 0.5

      # --- What grew and is told by its class alone (AlsoGrew)

      # At most this many classes are told, each of which grew by at least FEW objects and by at
      # least this part of what the first dump has: every process has a few more strings at times.
      ALSO_GREW = 3
      ALSO_GREW_PART = 0.01

      # What the VM alone holds is told if it grew in every step, by at least FEW_BYTES and by at
      # least this part of what the first dump holds.
      OF_VM_PART = 0.01
      # If all that is held grew in every step, and by at least this part of what the first dump
      # holds, while what is accused explains less than half of it, then "nothing is accused" is not
      # enough: all classes are told which have at least KIND_PART of the growth, at most KINDS; if
      # none has, the ALSO_GREW that grew most.
      SILENT_PART = 0.05
      KIND_PART = 0.1
      KINDS = 5

      # The process grew if it is larger in every step, and at last by the part SILENT_PART of what
      # it was. A part of it is told if it grew in every step, and by at least GREW_PART of that.
      GREW_PART = 0.1

      # --- What is told of the objects besides

      # The memory of a string is at least SPARE_TIMES as large as its text, and larger by
      # SPARE_BYTES: it has been given more room than it needs.
      SPARE_TIMES = 4
      SPARE_BYTES = 1024

      # The limits that the reader in C needs, by their names there (struct hg_rules in growth.h).
      def self.for_reader
        { idle: IDLE, symbols_per_step: SYMBOLS_PER_STEP, stay_per_step: STAY_PER_STEP,
          stay_dumps: STAY_DUMPS, inner_objects: INNER_OBJECTS, inner_bytes: INNER_BYTES,
          other_holders: OTHER_HOLDERS, content_bytes: CONTENT_BYTES, line_bytes: LINE_BYTES,
          cache_bytes: CACHE_BYTES }
      end
    end
  end
end
