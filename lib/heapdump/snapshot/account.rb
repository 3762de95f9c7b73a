# frozen_string_literal: true

module HeapDump
  class Snapshot
    # What the memory of the whole process consists of, not only that of its objects. The parts add
    # up to its RSS, and none is greater than what is in memory. Frozen. docs/account.md says how
    # each part is measured.
    #
    #   account = snapshot.account
    #   account.rss                  # => 15818752
    #   account.parts[:heap_pages]   # => 1232896
    #   account.parts.values.sum     # => 15818752
    #   account.allocator[:name]     # => "glibc"
    class Account
      # The names of the parts, in the order of Account#parts, and what each is in words.
      PARTS = {
        heap_pages: "heap pages",
        object_malloc: "malloc of objects",
        other_malloc: "malloc of others",
        free_malloc: "free in malloc",
        stacks: "stacks",
        code: "mapped files",
        jit: "JIT code",
        rest: "rest"
      }.freeze

      # For each part: what it, or its growth, comes from, and what to do next (nil if there is
      # nothing to say). docs/account.md has more.
      #
      #   HeapDump::Snapshot::Account::REASONS[:stacks].first # => "threads and fibers"
      REASONS = {
        heap_pages: ["objects, and free slots between them", nil],
        object_malloc: ["what objects have allocated besides their slots", nil],
        other_malloc: ["a library in C, or the VM, allocates it; no heap dump shows what",
                       "heaptrack, or jemalloc's profiler, shows which code allocates it"],
        free_malloc: ["freed memory that malloc keeps (fragmentation)",
                      "MALLOC_ARENA_MAX=2, jemalloc, or a call of malloc_trim now and then helps"],
        stacks: ["threads and fibers",
                 "heapdump find FILE --class Thread, or --class Fiber, lists them"],
        code: ["files that are mapped, and code that libraries make", nil],
        jit: ["methods that the JIT compiles", "--yjit-exec-mem-size sets its limit"],
        rest: ["memory that neither the Ruby heap nor malloc has: a library maps it itself, or " \
               "Ruby keeps stacks of fibers that have ended",
               "pmap -X and the process's number shows the mappings"]
      }.freeze

      # A file that the process has mapped, as a library in C: its path (String), and how much of it
      # is in memory, in bytes.
      #
      #   snapshot.account.files.first.bytes # => 2981888
      MappedFile = Struct.new(:path, :bytes)

      # Memory of the process in bytes (Integer), nil if the dump does not say.
      attr_reader :rss
      # The parts of #rss (Hash of Symbol to Integer, in bytes), in the order of PARTS. The Hash is
      # empty if the dump lacks any figure for it: a dump of an older version or of
      # ObjectSpace.dump_all, or one of a process whose /proc could not be read.
      #
      #   snapshot.account.parts[:stacks] # => 81920
      attr_reader :parts
      # What objects have allocated besides their slots and VM stacks, as they say it (Integer, in
      # bytes), of which parts[:object_malloc] is what can be in memory. nil if there are no #parts.
      attr_reader :object_bytes
      # The malloc of the process (Hash of Symbol, empty if not known): +:name+ (glibc, jemalloc,
      # tcmalloc, mimalloc, musl or unknown), and what it tells, in bytes: +:in_use+, +:free+,
      # +:mapped+, +:metadata+, +:untouched+, +:resident+; +:version+, +:arenas+. For the meaning of
      # each see docs/format.md.
      #
      #   snapshot.account.allocator.values_at(:name, :arenas) # => ["glibc", 1]
      attr_reader :allocator
      # The stacks (Hash of Symbol to Integer, empty if not known): +:threads+ and +:fibers+ that
      # have one, and bytes: +:reserved+ of addresses, +:touched+ of memory; the same for VM stacks
      # and native stacks: +:vm_reserved+, +:vm_touched+, +:native_reserved+, +:native_touched+.
      #
      #   snapshot.account.stacks.values_at(:threads, :touched) # => [1, 81920]
      attr_reader :stacks
      # The mapped files that take most memory, at most ten, the largest first (Array of
      # MappedFile).
      attr_reader :files
      # The JIT that runs (Hash of Symbol, empty if none does): +:name+, and bytes: +:code+, and
      # +:metadata+, which is a part of +:other_malloc+.
      attr_reader :jit
      # The control group of the process (Hash of Symbol, empty if not known), in bytes: +:current+,
      # +:inactive_file+, +:limit+ (absent if there is none), and +:oom_group+ (true or false).
      attr_reader :cgroup

      def self.of(snapshot) # :nodoc:
        memory = snapshot.header["memory"]
        new(memory.is_a?(Hash) ? memory : {}, object_malloc(snapshot))
      end

      # What objects have allocated besides their slots; nil if the dump does not say how many slots
      # are in use.
      def self.object_malloc(snapshot)
        heaps = snapshot.footer["heaps"]
        return unless heaps.is_a?(Array) && heaps.all?(Hash)

        used = heaps.sum do |heap|
          slots, free, size = heap.values_at("slots", "free", "slot_size")
          return nil unless [slots, free, size].all? { |number| number?(number) }

          (slots - free) * size
        end
        _live, live_bytes, _garbage, garbage_bytes = snapshot.graph.totals
        [live_bytes + garbage_bytes - used, 0].max
      end

      def self.number?(value) # :nodoc:
        value.is_a?(Integer) && value.between?(0, (1 << 62) - 1)
      end
      private_class_method :new, :object_malloc

      def initialize(memory, objects) # :nodoc:
        @memory = memory
        @rss = number(memory, "rss")
        @allocator = facts("allocator")
        @stacks = facts("stacks").except(:in_memsize).freeze
        @jit = facts("jit")
        @cgroup = facts("cgroup")
        @files = mapped_files.freeze
        @object_bytes = own_malloc(objects) if known? && objects
        @parts = (object_bytes ? split(object_bytes) : {}).freeze
        freeze
      end

      def inspect # :nodoc:
        "#<#{self.class} rss #{rss.inspect} #{parts}>"
      end

      private

      # Without VM stacks, which are a part of their own.
      def own_malloc(objects)
        [objects - (number(@memory, "stacks", "in_memsize") || 0), 0].max
      end

      # A number of the header by its path, nil if it is none.
      def number(hash, *names)
        names.each { |name| hash = hash.is_a?(Hash) ? hash[name] : nil }
        hash if Account.number?(hash)
      end

      def facts(name)
        hash = @memory[name]
        return {}.freeze unless hash.is_a?(Hash)

        hash.select { |key, value| fact?(key, value) }.transform_keys(&:to_sym).freeze
      end

      # Names and versions are texts, +oom_group+ is true or false, all else are numbers.
      def fact?(key, value)
        case key
        when "name", "version" then value.is_a?(String)
        when "oom_group" then [true, false].include?(value)
        else Account.number?(value)
        end
      end

      def mapped_files
        files = @memory.dig("code", "files") if @memory["code"].is_a?(Hash)
        return [] unless files.is_a?(Array)

        files.filter_map do |file|
          bytes = number(file, "bytes")
          MappedFile.new(file["path"], bytes).freeze if bytes && file["path"].is_a?(String)
        end
      end

      def known?
        rss && number(@memory, "heap_pages", "touched") && number(@memory, "stacks", "touched") &&
          number(@memory, "code", "bytes")
      end

      # Takes one part after the other from what is left: the surest first. What malloc says is an
      # upper bound, because memory that was never written to is not in memory.
      def split(objects)
        left = rss
        take = lambda do |bytes|
          part = bytes.clamp(0, left)
          left -= part
          part
        end
        fixed = [%w[heap_pages touched], %w[stacks touched], %w[code bytes], %w[jit code]]
        pages, stacks, code, jit = fixed.map { |names| take.call(number(@memory, *names) || 0) }
        objects = take.call(objects)
        others, free = malloc(objects).map(&take)
        { heap_pages: pages, object_malloc: objects, other_malloc: others, free_malloc: free,
          stacks: stacks, code: code, jit: jit, rest: left }
      end

      # What malloc has given to others than objects, and what it has besides. An allocator that
      # does not say what is in use has given all.
      def malloc(objects)
        mapped = number(@memory, "allocator", "resident") ||
                 number(@memory, "allocator", "mapped") or return [0, 0]
        # contents of young objects, which MRI keeps elsewhere until Ruby 3.2
        transient = number(@memory, "heap_pages", "transient") || 0
        mapped = [mapped + transient - objects, 0].max
        in_use = number(@memory, "allocator", "in_use") or return [mapped, 0]
        others = in_use + transient - (number(@memory, "allocator", "untouched") || 0) - objects
        others = others.clamp(0, mapped)
        [others, mapped - others]
      end
    end
  end
end
