# frozen_string_literal: true

module HeapDump
  module Html
    # The verdict about one dump: the few objects that keep most, each with its path.
    class Largest < Section
      title "What keeps most memory"
      template "largest"

      MOST = 3 # objects
      LEAST = 0.02 # a share of all live bytes that is worth a word, except for the first one
      AROUND = 8 # steps of a path at each of its ends
      private_constant :MOST, :LEAST, :AROUND

      # An object (Node), what it retains, in bytes and objects, and its path (nil if it has none).
      Kept = Struct.new(:node, :retained, :objects, :path)

      def shown?
        !subject.several?
      end

      # The objects (Array of Kept).
      def kept
        @kept ||= begin
          all = subject.largest(MOST).map { |node| kept_by(node) }
          all.first(1) + all.drop(1).select { |one| one.retained >= LEAST * subject.live_bytes }
        end
      end

      # In one sentence, for the top of the page and for a ticket.
      def sentence
        return "The dump has no object of the program." if kept.empty?
        return little unless kept.first.retained >= LEAST * subject.live_bytes

        size = kept.sum(&:retained)
        names = kept.map { |one| name(one) }.join(", ")
        "#{plural(kept.size, "object")} #{kept.one? ? "keeps" : "keep"} #{share(size)} of all " \
          "that lives (#{bytes(size)}): #{names}."
      end

      # The same where no object has a share of all that is worth a word.
      def little
        first = kept.first
        "No object keeps much: the first one keeps #{share(first.retained)} of all that lives " \
          "(#{bytes(first.retained)}), #{name(first)}."
      end

      # What an object is called: with the end of its path, because "Hash of 2" says little.
      def name(kept)
        object = Describe.node(kept.node)
        holders = kept.path ? holders(kept.path) : []
        holders.empty? ? object : "#{object} in #{holders.join(" → ")}"
      end

      private

      def kept_by(node)
        retained, objects = snapshot.graph.retained(node.id)
        Kept.new(node, retained, objects, snapshot.path_to(node, around: AROUND))
      end

      # The last object that holds it, and the reference out of that.
      def holders(path)
        return path.hops.last.words if path.hops.size < 2

        [Describe.node(path.hops[-2].node), *path.hops.last.words]
      end

      def ticket
        Ticket.of_one(subject, self)
      end
    end
  end
end
