# frozen_string_literal: true

module HeapDump
  class Snapshot
    # What the heap of a dump consists of. Each part is computed when it is asked for.
    #
    #   summary = snapshot.summary(limit: 10)
    #   summary.memory.live_bytes   # => 2751280
    #   summary.classes.first.label # => "Class"
    class Summary
      # How the memory of the process is used, in bytes and numbers; nil for what the dump does not
      # have.
      #
      # rss::            memory of the process at the time of the dump; peak_rss::, swap::
      # pages::          pages of the Ruby heap; page_bytes:: all of them together
      # slots::          for how many objects there is room; free_slots::, free_bytes::
      # live:: live_bytes::       objects that a root holds, and the sum of their sizes
      # garbage:: garbage_bytes:: objects that no root holds
      # malloc::         what objects have allocated outside their slots
      # unexplained::    what remains of rss: Account#parts[:rest], or for a dump without an account
      #                  code, stacks, libraries in C, free memory of malloc
      # used_pages::     pages with live objects; sparse_pages:: those of which a tenth of the slots
      #                  or less is live; sparse_objects:: the live objects on these
      Memory = Struct.new(
        :rss, :peak_rss, :swap, :pages, :page_bytes, :slots, :free_slots, :free_bytes,
        :live, :live_bytes, :garbage, :garbage_bytes, :malloc, :unexplained,
        :used_pages, :sparse_pages, :sparse_objects, keyword_init: true
      )

      # An object to which many others refer: the Node, and how many references lead to it.
      Referred = Struct.new(:node, :references)

      def initialize(snapshot, limit, program) # :nodoc:
        @snapshot = snapshot
        @limit = limit
        @program = program
      end

      # How the memory of the process is used (Memory).
      #
      #   summary.memory.free_slots # => 3982
      def memory
        @memory ||= Memory.new(**process, **heap, **objects).tap do |memory|
          used = footer_heaps.sum { |heap| (heap["slots"] - heap["free"]) * heap["slot_size"] }
          all = memory.live_bytes + memory.garbage_bytes
          memory.malloc = all - used if memory.slots && all >= used
          memory.unexplained = unexplained(memory)
        end.freeze
      end

      # What the memory of the whole process consists of (Account), as of Snapshot#account.
      #
      #   summary.account.parts[:code] # => 6504448
      def account
        @snapshot.account
      end

      # What each gem costs by being loaded (CodeByGem), as of Snapshot#code_by_gem.
      #
      #   summary.code_by_gem.first.gem # => "ruby"
      def code_by_gem
        @snapshot.code_by_gem
      end

      # Objects by type (Histogram).
      #
      #   summary.types["HASH"].objects # => 610
      def types
        @types ||= @snapshot.histogram(by: :type)
      end

      # Objects by class (Histogram).
      #
      #   summary.classes["Session"].retained # => 11016
      def classes
        @classes ||= @snapshot.histogram(by: :class)
      end

      # Objects by the number of GCs that had run when they were allocated (Histogram); see
      # #traced?.
      #
      #   summary.generations.filter_map(&:key).max # => 31
      def generations
        @generations ||= @snapshot.histogram(by: :generation)
      end

      # Objects by the place where they were allocated (Histogram); see #traced?.
      #
      #   summary.locations["app.rb:20"].objects # => 10
      def locations
        @locations ||= @snapshot.histogram(by: :location)
      end

      # Objects by the gem whose code allocated them (Histogram); see #traced?.
      #
      #   summary.gems.map(&:label) # => ["(unknown)", "app"]
      def gems
        @gems ||= @snapshot.histogram(by: :gem)
      end

      # Whether the dump says where objects were allocated: HeapDump.trace_allocations was running.
      #
      #   summary.traced? # => false
      def traced?
        @snapshot.graph.traced?
      end

      # The objects to which most references lead (Array of Referred), at most as many as the
      # +limit+ of the summary.
      #
      #   summary.most_referred.first.references # => 470
      def most_referred
        @most_referred ||= begin
          pairs = @snapshot.graph.most_referred(@limit, @program).each_slice(2)
          pairs.map { |number, count| Referred.new(@snapshot.node(number), count).freeze }.freeze
        end
      end

      # Strings with the same content (Duplicates), as of Snapshot#duplicate_strings.
      #
      #   summary.duplicate_strings.wasted # => 225182
      def duplicate_strings
        @duplicate_strings ||= @snapshot.duplicate_strings(limit: @limit)
      end

      private

      def process
        memory = @snapshot.header["memory"]
        memory = {} unless memory.is_a?(Hash)
        %i[rss peak_rss swap].to_h { |name| [name, natural(memory[name.to_s])] }
      end

      def footer_heaps
        heaps = @snapshot.footer["heaps"]
        return [] unless heaps.is_a?(Array)

        heaps.select do |heap|
          heap.is_a?(Hash) && heap.values_at("pages", "slots", "free", "slot_size")
                                  .all? { |number| natural(number) } && heap["pages"].positive?
        end
      end

      def natural(number)
        number if Account.number?(number)
      end

      def heap
        heaps = footer_heaps
        return {} if heaps.empty?

        size = page_size(heaps)
        used, sparse, objects, = @snapshot.graph.pages(size)
        pages = heaps.sum { |one| one["pages"] }
        { pages: pages, page_bytes: pages * size,
          slots: heaps.sum { |one| one["slots"] }, free_slots: heaps.sum { |one| one["free"] },
          free_bytes: heaps.sum { |one| one["free"] * one["slot_size"] },
          used_pages: used, sparse_pages: sparse, sparse_objects: objects }
      end

      # The size of a page: the power of two that the slots of a page nearly fill.
      def page_size(heaps)
        heap = heaps.max_by { |one| one["pages"] }
        bytes = heap["slots"] * heap["slot_size"] / heap["pages"]
        1 << bytes.bit_length
      end

      def objects
        live, live_bytes, garbage, garbage_bytes = @snapshot.graph.totals
        { live: live, live_bytes: live_bytes, garbage: garbage, garbage_bytes: garbage_bytes }
      end

      # The memory that nothing above explains; 0 if the parts are more than the whole, which
      # happens if pages are swapped out or were never used.
      def unexplained(memory)
        return account.parts[:rest] if account.parts.any?
        return unless memory.rss && memory.page_bytes && memory.malloc

        [memory.rss - memory.page_bytes - memory.malloc, 0].max
      end
    end
  end
end
