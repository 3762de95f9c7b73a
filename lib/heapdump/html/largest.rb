# frozen_string_literal: true

module HeapDump
  module Html
    # The verdict about one dump: the few objects that keep most, each with its path.
    class Largest < Section
      title "What keeps most memory"
      template "largest"

      MOST = 3 # objects
      AROUND = 8 # steps of a path at each of its ends
      private_constant :AROUND

      # An object (Node), what it retains, in bytes and objects, and its path.
      Kept = Struct.new(:node, :retained, :objects, :path)

      def shown?
        !subject.several?
      end

      # The objects (Array of Kept).
      def kept
        @kept ||= subject.largest(MOST).map do |node|
          retained, objects = snapshot.graph.retained(node.id)
          Kept.new(node, retained, objects, snapshot.path_to(node, around: AROUND))
        end
      end

      # In one sentence, for the top of the page and for a ticket.
      def sentence
        return "The dump has no object of the program." if kept.empty?

        size = kept.sum(&:retained)
        "#{plural(kept.size, "object")} #{kept.one? ? "keeps" : "keep"} #{bytes(size)} alive, " \
          "#{share(size)} of all that lives."
      end

      private

      def ticket
        Ticket.of_one(subject, self)
      end
    end
  end
end
