# frozen_string_literal: true

module HeapDump
  class Snapshot
    # How an object is held: from a root, edge by edge. Frozen.
    #
    #   path = snapshot.paths("0x7f10a2b3c4d8").first
    #   path.to_s # => "Registry (module) → constant CACHE → Hash of 9 → [\"k17\"] → Session"
    #   path.rank                # => :named
    #   path.root.words          # => "global variables"
    #   path.holder.words        # => "Registry (module)"
    #   path.hops[1].words       # => ["constant CACHE"]
    #   path.hops[1].place       # => "app.rb:6"
    #   path.steps[-1].edge.to_s # => "[\"k17\"]"
    class Path
      # One edge of a path (Edge) and the object that it leads to (Node).
      Step = Struct.new(:edge, :node)

      # A Step in words. +words+ are the names of the edges to +node+: more than one if a variable
      # belongs to a frame or an object in between is left out, none at the beginning of the path.
      # +place+ is where a constant is assigned ("file:line"), nil for others.
      Hop = Struct.new(:words, :node, :place)

      # How good a cause a path shows, the best first. The rank of a path is that of its worst edge.
      #
      # +:named+:: from a named module or a global variable
      # +:frame+:: through a frame of a thread or fiber: the object is released when the method
      #            returns
      # +:root+::  from another root of the VM
      # +:cache+:: through a cache or table of the VM, which holds objects but is no cause of a leak
      # +:stack+:: from a word on the machine stack that looks like a reference, perhaps by chance
      RANKS = %i[named frame root cache stack].freeze

      # The root, where the path begins (Node).
      attr_reader :root
      # From the root on (Array of Step).
      attr_reader :steps
      # One of RANKS.
      attr_reader :rank
      # The node with which the path begins when it is shown (Node): the last named module on the
      # path, that is one to which Object leads by constants alone; without such a module the thread
      # or fiber in whose frame the object is; else the root.
      attr_reader :holder
      # The path from the holder on in words (Array of Hop). Objects that no program sees are left
      # out: an environment is represented by the block or frame that it belongs to, a table of
      # instance variables or a shared buffer by its owner.
      attr_reader :hops

      # Makes a Path of what Graph#paths returns for one.
      def self.decode(snapshot, (rank, disjoint, holder, flat, gap, left_out)) # :nodoc:
        steps = flat.each_slice(2).map do |number, name|
          Step.new(Edge.decode(snapshot, name), snapshot.node(number)).freeze
        end
        new(steps, RANKS.fetch(rank), holder, disjoint, [steps[gap], left_out])
      end

      # How many edges are left out in the middle of #steps (Integer); 0 unless +around+ was given.
      attr_reader :left_out

      # +gap+ is the first step after the part that is left out, and how many steps are left out.
      def initialize(steps, rank, holder, disjoint, gap) # :nodoc:
        @root = steps.first.node
        @steps = steps.drop(1).freeze
        @rank = rank
        @disjoint = disjoint
        @behind, @left_out = gap
        @told = steps.drop(beginning(steps, holder)).freeze
        @holder = @told.first.node
        @hops = tell(@told).freeze
        freeze
      end

      # The object that is held (Node).
      #
      #   path.target.words # => "Session"
      def target
        steps.empty? ? root : steps.last.node
      end

      # True if it shares no edge after its holder with a better path to the same object.
      #
      #   snapshot.paths(session).first.disjoint? # => true
      def disjoint?
        @disjoint
      end

      # Number of edges from the root to the target (Integer), including those that are left out.
      #
      #   path.length # => 7
      def length
        steps.size + left_out
      end

      # A text that is the same for all paths that differ only in which elements of containers they
      # pass and how often a step of a list repeats, also for paths in another dump (String).
      #
      #   path.signature # => "Registry → constant CACHE → Hash → value_at → Session"
      def signature
        parts = @told.drop(1).map { |step| "#{step.edge.signature} → #{kind_of(step.node)}" }
        [kind_of(holder), *fold(parts)].join(" → ")
      end

      # In one line (String), from its holder on.
      #
      #   puts path # Registry (module) → constant CACHE → Hash of 9 → ["k17"] → Session
      def to_s
        hops.flat_map { |hop| [*hop.words, Describe.node(hop.node)] }.join(" → ")
      end

      def inspect # :nodoc:
        "#<#{self.class} #{self}>"
      end

      private

      ROUND = 4 # the most steps that may repeat in turn
      private_constant :ROUND

      # The index of the step with which the path begins when it is shown. The reader in C gives a
      # named module or the first object; without a module this looks for a thread or fiber.
      def beginning(steps, holder)
        return holder if steps[holder].node.module? && steps[holder].node.name

        steps.index { |step| step.node.stack? } || 0
      end

      def kind_of(node)
        return node.name || node.type if node.module?

        node.class_name || node.kind || node.type
      end

      # The depth in a list must make no difference: of steps that repeat (one, or a few in turn)
      # only the first round remains.
      def fold(parts)
        parts.each_with_object([]) do |part, all|
          all << part
          round = (1..ROUND).find { |size| again?(all, size) }
          all.pop(round) if round
        end
      end

      def again?(all, size)
        all.size >= 2 * size && all.last(size) == all[-2 * size, size]
      end

      def tell(steps)
        hops = toplevel_constant?(steps) ? [] : [Hop.new([].freeze, steps.first.node).freeze]
        names = []
        steps.each_cons(2) do |before, step|
          before = nil if step.equal?(@behind)
          names.concat(before ? names_of(before, step) : names_behind_gap(step))
          next if left_out?(step) && !step.equal?(steps.last)

          hops << Hop.new(names.freeze, step.node,
                          before && Describe.constant_place(before.node, step.edge)).freeze
          names = []
        end
        hops
      end

      # Object has all top-level constants, so naming it says nothing.
      def toplevel_constant?(steps)
        steps.first.node.name == "Object" && steps[1]&.edge&.kind == :constant
      end

      # The words of one step: the frame before its variable, and no words for an edge to an object
      # that is left out.
      def names_of(before, step)
        frame = step.edge.frame
        frame = nil if frame == before.edge.frame
        [frame && Describe.frame_of(step.edge, before.node),
         (Describe.edge_between(before.node, step.edge, step.node) unless left_out?(step))].compact
      end

      def names_behind_gap(step)
        ["… #{Terminal::Units.plural(left_out, "step")} …", Describe.edge(step.edge)]
      end

      def left_out?(step)
        node = step.node
        return node.kind == "fields" || (node.kind == "env" && named?(step)) if node.type == "IMEMO"

        node.type == "ARRAY" && node.class_name.nil? && step.edge.name == "shared_root"
      end

      def named?(step)
        step.edge.kind != :reference
      end
    end
  end
end
