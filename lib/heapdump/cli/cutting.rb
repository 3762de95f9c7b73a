# frozen_string_literal: true

require_relative "../snapshot"

module HeapDump
  module CLI
    # What would be free without one reference (Snapshot#freed_by_cutting), for the command `why`.
    module Cutting
      Describe = Snapshot::Describe

      private

      def cut(snapshot, holder, address)
        from = node_at(snapshot, holder)
        node = node_at(snapshot, address)
        freed = work(snapshot) { snapshot.freed_by_cutting(from, node) }
        return json_of_cut(from, node, freed) if json?

        screen.line([:bold, Describe.title(node)], "  without the reference from ",
                    Describe.title(from))
        screen.line(words_of_cut(freed))
      rescue ArgumentError => e
        raise UsageError, e.message
      end

      def words_of_cut(freed)
        unless freed.objects.zero?
          objects = Terminal::Units.plural(freed.objects, "object")
          return "frees #{bytes(freed.bytes)} in #{objects}"
        end

        held = freed.held_by
        return "frees nothing: nothing holds it" unless held

        "frees nothing: it is also held by #{Describe.title(held.node)} → " \
          "#{Describe.edge(held.edge)}"
      end

      def json_of_cut(from, node, freed)
        held = freed.held_by
        print_json(from: node_json(from), object: node_json(node), bytes: freed.bytes,
                   objects: freed.objects,
                   held_by: held && { edge: Describe.edge(held.edge), **node_json(held.node) })
      end
    end
  end
end
