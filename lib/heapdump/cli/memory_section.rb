# frozen_string_literal: true

require_relative "process_rows"

module HeapDump
  module CLI
    # What `heapdump summary` shows first: the memory of the process by parts, what to do next, and
    # below that the objects, which lie in two of these parts.
    module MemorySection
      private

      def memory(snapshot, summary)
        screen.heading("Memory")
        process = ProcessRows.new(summary)
        screen.table(process.rows.each_with_object(untitled) { |row, table| table.row(*row) })
        screen.line([:dim, "next  "], process.next_step) if process.next_step
        objects(snapshot, summary.memory)
      end

      def untitled
        Terminal::Table.new(nil, right: 0)
      end

      # Objects are no further parts of the process, so they stand apart.
      def objects(snapshot, memory)
        screen.heading("Objects", memory.pages && "which lie in heap pages and malloc of objects")
        table = untitled
        table.row("live objects", bytes(memory.live_bytes),
                  Terminal::Units.plural(memory.live, "object"))
        table.row(*garbage_row(snapshot, memory))
        screen.table(table)
        fragmentation(memory)
      end

      def fragmentation(memory)
        return unless memory.used_pages&.positive?

        sparse = "#{count(memory.sparse_pages)} of #{count(memory.used_pages)} pages in use " \
                 "(#{percent(memory.sparse_pages, memory.used_pages)})"
        objects = Terminal::Units.plural(memory.sparse_objects, "object")
        screen.line("Fragmentation: #{sparse} have a tenth of their slots alive or less; " \
                    "#{objects} hold them.")
      end
    end
  end
end
