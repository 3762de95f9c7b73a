# frozen_string_literal: true

require_relative "figures"

module HeapDump
  module CLI
    # The rows of `summary` about the memory of the process: what, how much, and what else is known.
    class ProcessRows
      include Figures

      FILES = 4
      OF_OBJECTS = %i[heap_pages object_malloc].freeze
      private_constant :FILES, :OF_OBJECTS

      def initialize(summary)
        @memory = summary.memory
        @account = summary.account
        @parts = @account.parts
      end

      # An Array of rows.
      def rows
        return [["process", "-", "this dump does not say; HeapDump.dump does"]] unless @memory.pages

        @parts.empty? ? rough : exact
      end

      # What to do about the largest part that is not objects (String); nil if it is not known.
      def next_step
        largest, size = @parts.except(*OF_OBJECTS).max_by(&:last)
        return unless size&.positive?

        reason, advice = Snapshot::Account::REASONS.fetch(largest)
        part = Snapshot::Account::PARTS.fetch(largest)
        ["the largest part that is not objects is #{part}: #{reason}", *advice,
         "docs/account.md explains each part"].join("; ")
      end

      private

      def named(part)
        "  #{Snapshot::Account::PARTS.fetch(part)}"
      end

      def row(part, words)
        [named(part), bytes(@parts[part]), words]
      end

      def own_words
        Snapshot::Account::REASONS.fetch(:object_malloc).first
      end

      def process
        ["process (RSS)", bytes(@memory.rss),
         @memory.swap.to_i.positive? ? "and #{bytes(@memory.swap)} swapped out" : ""]
      end

      def pages(size)
        slots = "#{count(@memory.pages)} pages, #{count(@memory.slots)} slots"
        [[named(:heap_pages), bytes(size), slots],
         ["    free slots", bytes(@memory.free_bytes), "#{count(@memory.free_slots)} slots"]]
      end

      # Of a dump that has no account of the process.
      def rough
        [process, *pages(@memory.page_bytes),
         [named(:object_malloc), bytes(@memory.malloc), own_words],
         ["  not explained", bytes(@memory.unexplained),
          "code, stacks, libraries in C, free memory of malloc"]]
      end

      def exact
        [process, *pages(@parts[:heap_pages]), *malloc_rows,
         row(:stacks, stacks), row(:code, files), *jit_row,
         row(:rest, "memory that a library has mapped itself")]
      end

      def malloc_rows
        own = row(:object_malloc, own_words)
        return [own] unless @account.allocator[:mapped]

        others = row(:other_malloc, others_words)
        return [own, others] unless @account.allocator[:in_use]

        [own, others, row(:free_malloc, "kept by #{allocator}")]
      end

      def others_words
        words = "libraries in C, the VM"
        return words if @account.allocator[:in_use]

        "#{words}, and what #{allocator} keeps: it does not tell"
      end

      def allocator
        name, version, arenas = @account.allocator.values_at(:name, :version, :arenas)
        words = [name, version].compact.join(" ")
        arenas ? "#{words}, #{Terminal::Units.plural(arenas, "arena")}" : words
      end

      def stacks
        stacks = @account.stacks
        threads = Terminal::Units.plural(stacks[:threads] || 0, "thread")
        fibers = stacks[:fibers].to_i
        who = fibers.positive? ? "#{threads}, #{Terminal::Units.plural(fibers, "fiber")}" : threads
        "of #{who}; #{bytes(stacks[:reserved])} reserved"
      end

      # The largest mapped files in one line.
      def files
        shown = @account.files.first(FILES)
        rest = @parts[:code] - shown.sum(&:bytes)
        words = shown.map { |file| "#{name_of(file)} #{bytes(file.bytes)}" }
        words << "others #{bytes(rest)}" if rest.positive? && shown.any?
        words.join(", ")
      end

      def name_of(file)
        File.basename(Terminal::Text.safe(file.path))
      end

      def jit_row
        jit = @account.jit
        return [] if jit.empty?

        data = jit[:metadata] ? "; its data, #{bytes(jit[:metadata])}, is malloc of others" : ""
        [row(:jit, "by #{jit[:name]}#{data}")]
      end
    end
  end
end
