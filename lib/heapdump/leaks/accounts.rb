# frozen_string_literal: true

module HeapDump
  class Leaks
    # What the dumps say about the memory of the whole process, compared: which parts of it grew in
    # every step, and for how much of the growth no dump shows a reason.
    #
    #   accounts = Accounts.new(snapshots, [3_000_000, 3_100_000, 3_200_000])
    #   accounts.growth.map(&:name) # => ["rss", "other_malloc"]
    #   accounts.unexplained        # => 83886080
    class Accounts
      # Parts of Snapshot::Account of which no dump shows what they consist of.
      UNKNOWN = %i[other_malloc rest].freeze

      # For each part of Snapshot::Account: what its growth comes from, and what to do next.
      REASONS = { # :nodoc:
        heap_pages: ["objects, and free slots between them", nil],
        object_malloc: ["what objects have allocated", nil],
        other_malloc: ["a library in C, or the VM, allocates it; no heap dump shows what",
                       "heaptrack, or jemalloc's profiler, shows which code allocates it"],
        free_malloc: ["freed memory that malloc keeps (fragmentation)",
                      "MALLOC_ARENA_MAX=2, jemalloc, or a call of malloc_trim now and then helps"],
        stacks: ["threads and fibers", nil],
        code: ["files that are mapped: code that was loaded", nil],
        jit: ["methods that the JIT compiles", "--yjit-exec-mem-size sets its limit"],
        rest: ["memory that neither Ruby nor malloc has mapped: a library maps it itself",
               "pmap -X and the process's number shows the mappings"]
      }.freeze
      private_constant :UNKNOWN

      # The resident memory of the process in each dump (Array of Integer); nil if a dump does not
      # have it.
      attr_reader :rss

      # +held+:: the sum of the sizes of all held objects in each dump
      def initialize(snapshots, held)
        memory = snapshots.map(&:account)
        @held = held
        @rss = memory.map(&:rss) if memory.all?(&:rss)
        @accounts = memory.map(&:parts) if memory.none? { |one| one.parts.empty? }
      end

      # What grew in every step (Array of Part): the process if it grew by at least the part
      # Rules::SILENT_PART of what it was, and what that growth consists of, the largest first.
      # Empty if it did not.
      def growth
        @growth ||= (rss && Sizes.grew?(rss) ? [process, *parts] : []).freeze
      end

      # By how many bytes the process grew for which no dump shows a reason (Integer, at least 0);
      # nil if the dumps do not have the size of the process.
      def unexplained
        return unless rss

        growth = @accounts ? unknown : Sizes.growth(rss) - Sizes.growth(@held)
        [growth, 0].max
      end

      private

      # The growth of the parts of which nobody knows what they consist of.
      def unknown
        UNKNOWN.sum { |name| Sizes.growth(series(name)) }
      end

      def series(name)
        @accounts.map { |parts| parts.fetch(name) }
      end

      def half?(bytes)
        bytes * 2 >= Sizes.growth(rss)
      end

      def process
        reason = process_reason
        Part.new("rss", rss, explained_by: reason, next_step: (process_advice unless reason))
      end

      # What accounts for at least half of the growth of the process.
      def process_reason
        return ("held objects" if half?(Sizes.growth(@held))) unless @accounts

        sum = 0
        most = parts.take_while { |part| !half?(sum) && sum += part.growth }
        most.map(&:label).join(", ") if half?(sum)
      end

      # What to do if nothing accounts for it.
      def process_advice
        unless @accounts
          return "it is garbage, free memory, stacks, or what libraries in C allocate; these " \
                 "dumps do not have more of the process than its size"
        end
        "no part of the process grew in every step; take dumps further apart"
      end

      # What grew in every step, and is a share of the growth of the process that counts.
      def parts
        return [] unless @accounts

        @parts ||= begin
          grown = @accounts.first.keys.filter_map { |name| part(name) }
          grown.sort_by { |part| [-part.growth, part.name] }
        end
      end

      def part(name)
        bytes = series(name)
        return unless Sizes.every_time?(bytes)
        return if Sizes.growth(bytes) < Rules::GREW_PART * Sizes.growth(rss)

        reason, advice = REASONS.fetch(name)
        Part.new(name.to_s, bytes, explained_by: reason, next_step: advice)
      end
    end
  end
end
