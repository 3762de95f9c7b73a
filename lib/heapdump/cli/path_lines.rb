# frozen_string_literal: true

require_relative "../snapshot"

module HeapDump
  module CLI
    # Paths on the screen, and what a reader has to know of them.
    module PathLines
      Describe = Snapshot::Describe

      # So many steps of a path are shown at its beginning and at its end.
      AROUND = 12

      # What a reader has to know of paths of a rank.
      RANK_NOTES = {
        named: nil,
        frame: "held by a thread: let go when it ends",
        root: "held by the VM itself",
        cache: "a cache of the VM: it holds, but is no cause",
        stack: "machine stack: may hold by chance"
      }.freeze

      # The same where a path goes by way of a thread or fiber: by what that holds.
      STACK_NOTE = "on a stack: let go when the method returns"
      FRAME_NOTES = {
        frame: STACK_NOTE, frame_local: STACK_NOTE,
        fiber_local: "fiber-local: let go when its fiber ends or it is set to nil"
      }.freeze
      private_constant :STACK_NOTE, :FRAME_NOTES

      private

      # What a reader has to know of a path; nil where that is nothing.
      def note_of(path)
        return RANK_NOTES[path.rank] unless path.rank == :frame

        note = FRAME_NOTES.values_at(*path.steps.map { |step| step.edge.kind }).compact.last
        note || (nameless_stack?(path) ? STACK_NOTE : RANK_NOTES[:frame])
      end

      # A dump without names of variables tells no more than that a thread holds it.
      def nameless_stack?(path)
        path.steps.each_cons(2).any? do |before, step|
          %w[VM/thread fiber].include?(before.node.kind) && step.edge.kind == :reference
        end
      end

      # The same as spans of a line.
      def note(path)
        note = note_of(path)
        note ? [[:yellow, " #{note}"]] : []
      end

      # The lines of a path, one for each hop. A block may say more of a node.
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
