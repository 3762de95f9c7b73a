# frozen_string_literal: true

require_relative "../snapshot"

module HeapDump
  module CLI
    # Shows paths on the screen, with a note about what they mean.
    module PathLines
      Describe = Snapshot::Describe

      # How many steps of a path are shown at its beginning, and how many at its end.
      AROUND = 12

      # The note for a path, by its rank.
      RANK_NOTES = {
        named: nil,
        frame: "held by a thread: as long as that thread lives",
        root: "held by the VM itself",
        cache: "a cache of the VM: it holds, but is no cause",
        stack: "machine stack: may hold by chance"
      }.freeze

      # The note for a path from a root that holds what the program has given to the VM.
      ROOT_NOTES = {
        "global_tbl" => "held by a global variable, which the dump does not name",
        "global_list" => "held by a C extension",
        "end_proc" => "held by at_exit: until the process ends",
        "finalizers" => "held by a finalizer: as long as its object lives"
      }.freeze

      # The note for a path through a constant of Ruby's own.
      TOPLEVEL_NOTE = "a local variable of the program's first file"

      # The note for a path through a thread or fiber, by the edge that leads out of it.
      STACK_NOTE = "held by a method or block that runs: as long as it runs"
      FRAME_NOTES = {
        frame: STACK_NOTE, frame_local: STACK_NOTE,
        fiber_local: "fiber-local, Thread.current[…]: held until it is set to nil or its fiber ends"
      }.freeze
      private_constant :ROOT_NOTES, :TOPLEVEL_NOTE, :STACK_NOTE, :FRAME_NOTES

      private

      # The note for a path; nil if there is nothing to say. Of the best path of an object (+best+)
      # it is known that nothing better holds it.
      def note_of(path, best: false)
        return only_cache(path) if best && path.rank == :cache
        return root_note(path) if path.rank == :root
        return RANK_NOTES[path.rank] unless path.rank == :frame

        note = FRAME_NOTES.values_at(*path.steps.map { |step| step.edge.kind }).compact.last
        note || (nameless_stack?(path) ? STACK_NOTE : RANK_NOTES[:frame])
      end

      def root_note(path)
        return TOPLEVEL_NOTE if path.steps.any? { |step| toplevel_binding?(step.edge) }

        ROOT_NOTES[path.root.kind] || RANK_NOTES[:root]
      end

      def toplevel_binding?(edge)
        edge.kind == :constant && edge.name == "TOPLEVEL_BINDING"
      end

      # Whether a thread or fiber on the path holds something without a name, as in a dump without
      # names of variables.
      def nameless_stack?(path)
        path.steps.each_cons(2).any? do |before, step|
          before.node.stack? && step.edge.kind == :reference
        end
      end

      def only_cache(path)
        cache, = path.steps.each_index.filter_map do |at|
          Snapshot::Caches.name(path.steps, at)
        end.first
        cache ? "kept only by the #{cache}" : RANK_NOTES[:cache]
      end

      # The note of a best path, for a text that says "held by" itself; nil if there is none.
      def note_behind(path)
        note_of(path, best: true)&.delete_prefix("held by ")
      end

      # The same behind the words for the holder, as spans of a line.
      def in_brackets(path)
        note = note_behind(path)
        note ? [[:yellow, " (#{note})"]] : []
      end

      # The note as spans of a line.
      def note(path, best: false)
        note = note_of(path, best: best)
        note ? [[:yellow, " #{note}"]] : []
      end

      # Shows a path, with one line for each hop. The block may return more text for a node.
      def show_path(path)
        path.hops.each_with_index do |hop, i|
          words = [*hop.words, Describe.node(hop.node)].join(" → ")
          place = hop.place && [:dim, "  #{hop.place}"]
          address = hop.node.address && [:dim, "  #{hop.node}"]
          last = i == path.hops.size - 1
          more = block_given? ? yield(hop.node) : nil
          screen.line(*["  ", i.zero? ? "" : "→ ", [last ? :bold : nil, words], address, place,
                        more].compact)
        end
      end
    end
  end
end
