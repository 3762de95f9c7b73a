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
    # The path is followed through all dumps by its names, from a named module, the global
    # variables, or a thread that is the only one of its name on, because addresses say nothing
    # there. Where that fails, for want of names or because something on the way is new, there is
    # none: a guess would be taken for an answer.
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
        find(suspect, snapshots).first
      end

      # Returns a SuspectEdge and nil, or nil and why it is not certain (String).
      def self.find(suspect, snapshots)
        told = suspect.path.told
        return new(told.last, nil), nil if suspect.unit == "names" && told.size == 2

        search = Search.new(told, snapshots)
        [search.result, search.reason]
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
        FRAMES = %i[frame frame_local].freeze
        private_constant :FRAMES

        # Why there is no result (String), nil if there is one.
        attr_reader :reason

        def initialize(told, snapshots)
          @told = told
          @snapshots = snapshots.map(&:plain)
        end

        def result
          nodes = beginnings
          missing = Snapshot::Describe.stack(@told.first.node)
          @told.each_cons(2) do |before, step|
            return without("not every dump has just one: #{missing}") unless nodes.all?

            nodes = follow(nodes, before, step)
            missing = [step.edge.frame, step.edge.to_s].compact.join(" ")
            return SuspectEdge.new(step, sizes(nodes)) if grows?(nodes)
          end
          without("nothing on the path that all of them have grows")
        end

        private

        def without(reason)
          @reason = reason
          nil
        end

        # Where the path begins in each dump; nil where that is not certain.
        def beginnings
          @snapshots.map { |snapshot| beginning(snapshot, @told.first.node) }
        end

        def beginning(snapshot, node)
          same = if node.root?
                   roots(snapshot).select { |root| root.kind == node.kind }
                 elsif node.module? && node.name
                   snapshot.modules_named(node.name).reject(&:former?)
                 elsif node.stack?
                   stacks(snapshot, @snapshots.last.node(node.id))
                 end
          same.first if same&.size == 1
        end

        def roots(snapshot)
          (snapshot.objects...snapshot.graph.nodes).map { |number| snapshot.node(number) }
        end

        # The threads of a dump with the same words as a thread: it is the main thread, or has a
        # name or a place at which it begins. A fiber has no name, except that of the main thread.
        def stacks(snapshot, node)
          words = Snapshot::Describe.stack(node)
          return if node.class_name.nil? || words.match?(/\A(?:fiber \(|fiber\z|thread\z)/)

          page = snapshot.find(class: node.class_name, limit: LOOKED_AT)
          return if page.total > page.size

          page.select { |one| one.kind == node.kind && Snapshot::Describe.stack(one) == words }
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
          found && identity(holder, found.edge)
        end

        # The object to which a reference leads, nil if it is not there. What is in a frame may be
        # in another one of the same name.
        def held_by(node, edge)
          all = references(node) or return :unknown
          found = all.select { |held| identity(node, held.edge) == edge }.map(&:node).uniq(&:id)
          return :unknown if found.size > 1 || (found.empty? && FRAMES.include?(edge.first))

          found.first
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

        # A structure of C may have one reference without a name (as a Queue has), which then is
        # the same; of a frame the line differs.
        def identity(holder, edge)
          return [:reference] if edge.kind == :reference && holder.type == "DATA"

          name = edge.name
          name = key(name) if name.is_a?(Snapshot::Node)
          name && [edge.kind, name, edge.frame && Snapshot::Describe.frame_label(edge.frame)]
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
