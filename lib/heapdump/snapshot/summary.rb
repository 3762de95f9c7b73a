# frozen_string_literal: true

module HeapDump
  class Snapshot
    # What the heap of a dump is made of. The parts are computed when they are asked for.
    #
    #   summary = snapshot.summary(limit: 10)
    #   summary.memory.live_bytes   # => 2751280
    #   summary.classes.first.label # => "Class"
    class Summary
      # Where the memory of the process is, in bytes and numbers; nil what the dump does not tell.
      #
      # rss::            memory of the process when it was dumped; peak_rss::, swap::
      # pages::          pages of the Ruby heap; page_bytes:: all of them together
      # slots::          room for so many objects; free_slots::, free_bytes::
      # live:: live_bytes::       objects that a root holds, and their shallow sizes
      # garbage:: garbage_bytes:: objects that nothing holds
      # malloc::         what objects have allocated besides their slots
      # unexplained::    the rest of rss: code, stacks, libraries in C, what malloc keeps
      # used_pages::     pages on which objects live; sparse_pages:: of those, with a tenth of their
      #                  slots alive or less; sparse_objects:: the objects that hold those
      Memory = Struct.new(
        :rss, :peak_rss, :swap, :pages, :page_bytes, :slots, :free_slots, :free_bytes,
        :live, :live_bytes, :garbage, :garbage_bytes, :malloc, :unexplained,
        :used_pages, :sparse_pages, :sparse_objects, keyword_init: true
      )

      # An object that many refer to: the Node, and by how many references.
      Referred = Struct.new(:node, :references)

      def initialize(snapshot, limit, program) # :nodoc:
        @snapshot = snapshot
        @limit = limit
        @program = program
      end

      # The account of memory (Memory).
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

      # Objects by the count of GCs when they were allocated (Histogram); see #traced?.
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

      # Whether objects say where they were allocated: HeapDump.trace_allocations was running.
      #
      #   summary.traced? # => false
      def traced?
        locations.known?
      end

      # The objects that most others refer to (Array of Referred), as many as the summary's +limit+.
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
        number if number.is_a?(Integer) && number.between?(0, (1 << 62) - 1)
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

      # The power of two that the slots of a page fill.
      def page_size(heaps)
        heap = heaps.max_by { |one| one["pages"] }
        bytes = heap["slots"] * heap["slot_size"] / heap["pages"]
        1 << bytes.bit_length
      end

      def objects
        live, live_bytes, garbage, garbage_bytes = @snapshot.graph.totals
        { live: live, live_bytes: live_bytes, garbage: garbage, garbage_bytes: garbage_bytes }
      end

      # Nothing where the parts are more than the whole: pages that are swapped out, or never used.
      def unexplained(memory)
        return unless memory.rss && memory.page_bytes && memory.malloc

        [memory.rss - memory.page_bytes - memory.malloc, 0].max
      end
    end
  end
end
