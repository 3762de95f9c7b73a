# frozen_string_literal: true

module HeapDump
  class Leaks
    # The one reference on the path of a suspect where something has gone wrong: it leads from what
    # is there in every dump and does not grow to what grows. Whoever is to change code looks there
    # first.
    #
    #   edge = SuspectEdge.of(suspect, leaks.snapshots)
    #   edge.step.edge.to_s # => "[:price_changed]"
    #   edge.sizes          # => [1076, 1377, 1704]
    #
    # The path is followed through all dumps by its names, from a named module or the global
    # variables on, because addresses say nothing there. Where that fails, for want of names or
    # because something on the way is new, there is none: a guess would be taken for an answer.
    class SuspectEdge # :nodoc:
      LOOKED_AT = 5_000 # so many references of an object are looked at
      # The fields with the size of what has entries, by type.
      SIZES = { "ARRAY" => "length", "HASH" => "size", "STRING" => "bytesize" }.freeze
      private_constant :LOOKED_AT, :SIZES

      # The Way::Step whose edge it is.
      attr_reader :step
      # How many entries (bytes for a string) what it leads to has in each dump (Array of Integer);
      # nil if it leads to one of many names that are new.
      attr_reader :sizes

      # Returns a SuspectEdge, nil if it is not certain.
      def self.of(suspect, snapshots)
        told = suspect.path.told
        return new(told.last, nil) if suspect.unit == "names" && told.size == 2

        Search.new(told, snapshots).result
      end

      def initialize(step, sizes)
        @step = step
        @sizes = sizes.freeze
        freeze
      end

      # "entries" or "bytes"
      def unit
        step.node.type == "STRING" ? "bytes" : "entries"
      end

      # Follows a path through all dumps, whose last one it is of.
      class Search # :nodoc:
        def initialize(told, snapshots)
          @told = told
          @snapshots = snapshots.map(&:plain)
        end

        def result
          nodes = beginnings
          @told.each_cons(2) do |before, step|
            return nil unless nodes.all?

            nodes = follow(nodes, before, step)
            return SuspectEdge.new(step, sizes(nodes)) if grows?(nodes)
          end
          nil
        end

        private

        # Where the path begins in each dump; nil where that is not certain.
        def beginnings
          @snapshots.map { |snapshot| beginning(snapshot, @told.first.node) }
        end

        def beginning(snapshot, node)
          same = if node.root?
                   roots(snapshot).select { |root| root.kind == node.kind }
                 elsif node.module? && node.name
                   snapshot.modules_named(node.name).reject(&:former?)
                 end
          same.first if same&.size == 1
        end

        def roots(snapshot)
          (snapshot.objects...snapshot.graph.nodes).map { |number| snapshot.node(number) }
        end

        # The objects to which the same reference leads in each dump, nil where it is not there.
        # None if that is not certain.
        def follow(nodes, before, step)
          edge = edge_of(before.node, step)
          found = nodes.map { |node| edge ? held_by(node, edge) : :unknown }
          found.include?(:unknown) || found.last&.id != step.node.id ? [nil] : found
        end

        # What is the same of a reference in all dumps; nil if it has no name.
        def edge_of(holder, step)
          holder = @snapshots.last.node(holder.id)
          found = references(holder)&.find do |held|
            held.node.id == step.node.id && held.edge.kind == step.edge.kind
          end
          found && identity(found.edge)
        end

        def held_by(node, edge)
          all = references(node) or return :unknown
          all.find { |held| identity(held.edge) == edge }&.node
        end

        # The references of an object, those included that a path leaves out; nil if they are too
        # many.
        def references(node)
          page = node.references(limit: LOOKED_AT)
          return if page.total > page.size

          page.flat_map { |held| left_out?(held) ? references(held.node) || [] : [held] }
        end

        def left_out?(held)
          held.node.kind == "fields" || Way.shared_buffer?(held.edge, held.node)
        end

        def identity(edge)
          name = edge.name
          name = key(name) if name.is_a?(Snapshot::Node)
          name && [edge.kind, name, edge.frame]
        end

        # The content of a key that is an object.
        def key(node)
          content = Snapshot::Values.of(node.line)
          content && [node.type, content]
        end

        def size(node)
          field = SIZES[node.type]
          field ? node.field(field, Integer) : nil
        end

        def sizes(nodes)
          nodes.map { |node| node ? size(node) : 0 }
        end

        # Whether it grows as soon as it is there, or stands still in between, as what grows in
        # bursts does.
        def grows?(nodes)
          sizes = nodes.drop_while(&:nil?).map { |node| node && size(node) }
          sizes.any? && sizes.all? && sizes.last > sizes.first &&
            sizes.each_cons(2).all? { |earlier, later| later >= earlier }
        end
      end
      private_constant :Search
    end
  end
end
