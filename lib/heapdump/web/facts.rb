# frozen_string_literal: true

require_relative "../cli/in_json"
require_relative "../cli/path_lines"

module HeapDump
  class Web
    # Objects, references and paths of a dump for JSON. Their fields are those of the commands.
    class Facts
      include CLI::InJSON
      include CLI::PathLines

      Describe = Snapshot::Describe

      def initialize(snapshot)
        @snapshot = snapshot
      end

      # An object: what it is, and what it retains. +retained+ and +reachable+ are nil if the dump
      # is not whole and what holds it may be lost.
      def object(node)
        { **node_json(node), retained: retained(node), reachable: reachable(node) }
      end

      # An object of the dominator tree.
      def dominator(node)
        retained, objects = @snapshot.graph.retained(node.id)
        { **node_json(node), retained: retained, retained_objects: objects }
      end

      # A reference (Snapshot::Reference) between an object and +holder+ or +held+.
      def reference(reference, holder: reference.node, held: reference.node)
        { edge: Describe.edge_between(holder, reference.edge, held), kind: reference.edge.kind.to_s,
          frame: Describe.frame_of(reference.edge, holder),
          place: Describe.constant_place(holder, reference.edge),
          **object(reference.node) }.compact
      end

      # A path, with the note about what it means. +best+ is true if no path has a better rank.
      def path(path, best:)
        { **path_json(path), note: note_of(path, best: best) }
      end

      # The path that holds an object in one line, without the object itself; nil for garbage.
      def held_by(node)
        path = @snapshot.path_to(node, around: AROUND) or return
        words = path.hops.flat_map { |hop| [*hop.words, Describe.node(hop.node)] }
        words = words[0...-1]
        return Describe.node(path.root) if words.empty?

        words[3...-2] = "…" if words.size > 6
        words.join(" → ")
      end

      # Equal strings (Snapshot::Duplicate). Of a long content only the beginning is told.
      def duplicate(one)
        beginning = Reply.beginning(one.value)
        { bytesize: one.example.field("bytesize", Integer),
          **duplicate_json(one).except(:value, :value_base64), **content_json(beginning) }
      end

      # Procs of one place (Snapshot::ProcPlace).
      def proc_place(one)
        proc_place_json(one)
      end

      # A group of objects (Snapshot::Row).
      def row(row)
        { **row.to_h, label: Terminal::Text.safe(row.label), largest: row.largest&.to_s }
      end

      # A frame of a thread or fiber (Hash) in words: "visit app.rb:59".
      def frame(frame)
        name = frame["label"] || frame["method"] || "(unknown)"
        Terminal::Text.safe([name, Describe.place(frame)].compact.join(" "))
      end

      # True or false; nil if that is not known.
      def reachable(node)
        node.reachable? || (@snapshot.whole == false ? nil : false)
      end

      private

      def retained(node)
        reachable(node).nil? ? nil : node.retained_size
      end
    end
  end
end
