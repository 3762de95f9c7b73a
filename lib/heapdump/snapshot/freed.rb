# frozen_string_literal: true

module HeapDump
  class Snapshot
    # What would be free if one reference were cut: see Snapshot#freed_by_cutting. Frozen.
    #
    # bytes::   the sum of the sizes of all objects that would be free
    # objects:: number of these objects
    # held_by:: if nothing would be free: a reference that would still hold the object (Reference,
    #           with the object that refers); nil if there is none, because the object is garbage
    #
    #   freed = snapshot.freed_by_cutting(cache, session)
    #   [freed.bytes, freed.objects] # => [1224, 3]
    Freed = Struct.new(:bytes, :objects, :held_by)
  end
end
