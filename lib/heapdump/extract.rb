# frozen_string_literal: true

require_relative "snapshot"

module HeapDump
  # What is compared over many dumps, of one dump: sums by class, by way and by place, and what is
  # known of the process. It is kept in a small file beside the dump (DUMP.hdextract), so that
  # nobody opens a dump twice to compare it with others, and so that a dump can be removed and its
  # numbers remain. Frozen.
  #
  #   extract = HeapDump::Extract.of("heap.json.zst")
  #   extract.identity[:pid]              # => 4711
  #   extract.classes["Session"].objects  # => 31337
  #   extract.ways.values.first.holder    # => "constant Registry::CACHE (app/registry.rb:3)"
  #
  # It has names of classes, methods, variables, files and of the process, and no values of the
  # program: no contents of strings, and no keys of hashes but symbols that are written in code.
  class Extract
    autoload :Fields, "#{__dir__}/extract/fields"
    autoload :Making, "#{__dir__}/extract/making"
    autoload :Origin, "#{__dir__}/extract/origin"
    autoload :Place, "#{__dir__}/extract/place"
    autoload :Shape, "#{__dir__}/extract/shape"
    autoload :Stored, "#{__dir__}/extract/stored"

    # The live objects of one class: how many they are, the sum of their sizes, what they retain
    # together, both in bytes, and how many of them are old: they have survived some GCs.
    ClassSum = Struct.new(:objects, :bytes, :retained, :old)

    # The live objects that are held in one way.
    #
    # class_name:: their class, as a suspect of `leaks` has it
    # holder::     who holds them, in words; nil for all but the largest
    # location::   the place in the source that belongs to the holder ("file:line"), nil if unknown
    # gem::        the gem of that place: "app", "ruby", "puma-6.4"; nil if unknown
    # told::       the path in words, without keys and indexes
    # objects::    how many they are
    # bytes::      the sum of their sizes
    # retained::   what they retain together, in bytes
    WaySum = Struct.new(:class_name, :holder, :location, :gem, :told, :objects, :bytes, :retained)

    # The live objects that were allocated at one place, and the sum of their sizes.
    SiteSum = Struct.new(:objects, :bytes)

    # What was left out of a list because of its limit: how many classes, ways or places, and
    # how many objects of which size they had.
    OtherSum = Struct.new(:number, :objects, :bytes)

    # Of which process the dump is (Hash of Symbol): +:host+, +:pid+, +:series+ (a word for this
    # life of the process, from the manifest of a watch or the name of its directory), +:program+,
    # +:app+, +:revision+, +:ruby+, +:platform+. What is not known is missing.
    attr_reader :identity
    # When the dump was taken (Time, in UTC).
    attr_reader :time
    # What is to be known of the dump, each in one sentence (Array of String): Snapshot#warnings,
    # and if the time is not that of a header.
    attr_reader :warnings
    # The rule by which a watch has taken the dump (String), nil if no watch has.
    attr_reader :rule
    # The numbers of GC.stat in the header (Hash of Symbol to Integer, with the names of GC.stat):
    # +:count+, +:major_gc_count+, +:heap_live_slots+, +:old_objects+, +:total_allocated_objects+ …
    # Empty if there are none.
    attr_reader :gc
    # The memory of the process in bytes (Hash of Symbol to Integer): +:rss+, +:private+, +:limit+
    # (of its control group), and Snapshot::Account#parts (+:heap_pages+, +:object_malloc+,
    # +:other_malloc+, +:free_malloc+, +:stacks+, +:code+, +:jit+, +:rest+). What is not known is
    # missing.
    attr_reader :account
    # How many objects the dump has, garbage included (Integer).
    attr_reader :objects
    # How many of them roots hold, and the sum of the sizes of these; the sum of the sizes of the
    # others (Integers).
    attr_reader :held_objects, :held_bytes, :garbage_bytes
    # By the name of the class (Hash of String to ClassSum), the largest retained size first.
    # Objects without a class are there by their type: "(IMEMO iseq: code)".
    attr_reader :classes
    # By signature (Hash of String to WaySum), the largest retained size first. A suspect of `leaks`
    # has the same signature for the same objects.
    attr_reader :ways
    # By the place of the allocation, "file:line" (Hash of String to SiteSum), the largest sum
    # first. Empty if allocations were not traced.
    attr_reader :sites
    # How much work the process had done, by its name (Hash of String to Integer), as a watch has
    # noted it. Empty if none has.
    attr_reader :work
    # What is not in #classes, #ways and #sites (OtherSum), nil if nothing is missing.
    attr_reader :other_classes, :other_ways, :other_sites

    FIELDS = %i[identity time warnings complete rule gc account objects held_objects held_bytes
                garbage_bytes classes ways sites work other_classes other_ways other_sites].freeze
    private_constant :FIELDS

    # The extract of a dump (Extract): from its file if there is one that fits the dump as it is
    # now, else from the dump, and then it is kept in a file (0600) for the next time. That file is
    # DUMP.hdextract, or if that cannot be written, one in the cache folder of the user; it is no
    # error if neither can. With a block, the Snapshot is yielded before it is read, so that another
    # thread can ask for its progress. +index+ is that of Snapshot.open; with +false+ no file is
    # used or written, that of an extract neither. Raises what Snapshot.open raises.
    #
    #   HeapDump::Extract.of("heap.json").held_bytes # => 7619558
    def self.of(path, index: :auto, &before)
      path = File.path(path)
      place = Place.new(path) if index
      manifest = Origin.manifest(path)
      kept = place&.read
      return new(**Fields.unpack(kept)) if kept && (manifest.empty? || kept["manifest"] == manifest)

      fields = read(path, manifest, index, before)
      place&.write({ "manifest" => manifest, **Fields.pack(fields) })
      new(**fields)
    rescue SystemCallError => e
      raise ReadError.new("cannot read #{path}: #{Terminal::Trouble.words(e)}", path)
    end

    # The extract in a file that ::of has written, wherever it is now; its dump is not needed.
    # Raises ReadError if there is none in it.
    #
    #   HeapDump::Extract.load("heap.json.hdextract").time # => 2026-11-21 07:00:00.123 UTC
    def self.load(path)
      path = File.path(path)
      kept = Stored.read(path, own: false)
      return new(**Fields.unpack(kept)) if kept

      raise ReadError.new("cannot read #{path}: it is no extract of a dump that this version has " \
                          "written, or it is damaged; make it anew from the dump", path)
    end

    # The extract of a dump that is open already, as a Snapshot. Nothing is written.
    def self.of_snapshot(snapshot) # :nodoc:
      snapshot = snapshot.redacted.plain
      path = snapshot.path
      new(**Making.new(snapshot, Origin.new(snapshot, path, Origin.manifest(path))).fields)
    end

    def self.read(path, manifest, index, before)
      snapshot = Snapshot.new(path, index: index)
      before&.call(snapshot)
      snapshot.load
      Making.new(snapshot, Origin.new(snapshot, path, manifest)).fields
    end
    private_class_method :read

    def initialize(**fields) # :nodoc:
      FIELDS.each { |name| instance_variable_set("@#{name}", fields.fetch(name).freeze) }
      freeze
    end

    # False if the dump is damaged or was cut short. A dump of ObjectSpace.dump_all does not say
    # whether it is whole, and counts as such.
    #
    #   extract.complete? # => true
    def complete?
      @complete
    end

    def inspect # :nodoc:
      "#<#{self.class} #{time.iso8601(3)} #{identity} #{objects} objects>"
    end
  end
end
