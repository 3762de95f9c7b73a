# frozen_string_literal: true

module HeapDump
  class Snapshot
    # The best paths to the objects of a set, as one tree: see Snapshot#merged_paths. Frozen,
    # Enumerable.
    #
    #   merged = snapshot.merged_paths({ class: "Session" })
    #   merged.first.objects                                # => 84
    #   merged.map(&:to_s).first(3)
    #   # => ["all", "Registry (module)", "constant CACHE → Hash"]
    class MergedPaths
      include Enumerable

      # The objects of the set whose paths have the same steps, as far as this branch. Steps are the
      # same if they have the same name and lead to objects of the same class; which element of an
      # array or hash a step leads through, and digits in names, make no difference. Frozen.
      #
      # parent::   the index of the branch before it, nil for the first
      # edge::     the last step (Edge), nil where none leads: for the first branch, for a module or
      #            root with which paths begin, and for a rest
      # node::     an object at this step (Node); if paths end here, the object of the set with the
      #            largest retained size. nil for a rest
      # objects::  how many objects of the set are held through this branch
      # bytes::    the sum of their sizes
      # retained:: what they dominate together, in bytes: at least so much do they retain
      #
      # +own_objects+, +own_bytes+ and +own_retained+ are the same for the objects to which paths
      # lead that end here; for a rest they are 0.
      Branch = Struct.new(:parent, :edge, :node, :objects, :bytes, :retained, :own_objects,
                          :own_bytes, :own_retained) do
        # True for a rest: all branches below the parent that are not given.
        #
        #   branch.other? # => false
        def other?
          node.nil?
        end

        # The last step in words (String).
        #
        #   branch.to_s # => "[…] → Session"
        def to_s
          return "others" if other?
          return "all" if parent.nil?

          return node.words unless edge

          [*Describe.frame_of(edge), edge.to_s, ClassWords.of(node)].join(" → ")
        end

        def inspect # :nodoc:
          "#<#{self.class} #{self} #{objects} objects retained #{retained}>"
        end
      end

      # The branches (Array of Branch): the first stands for all live objects of the set, and each
      # other one comes behind its parent.
      attr_reader :branches
      # How many objects of the set no root holds (Integer), and the sum of their sizes.
      attr_reader :garbage, :garbage_bytes

      # +wanted+ is what Search#wanted returns, on whatever snapshot of the same dump.
      def self.find(snapshot, wanted, limit:, without: nil) # :nodoc:
        check_branch(without)
        merged = new(snapshot, snapshot.graph.merged_paths(without, **wanted, limit: limit))
        return merged unless merged.cut&.zero?

        raise ArgumentError, "without: no reference leads to branch #{without}, so that none can " \
                             "be cut"
      end

      def self.check_branch(index)
        return if index.nil? || (index.is_a?(Integer) && index.positive?)

        raise ArgumentError, "without: is the index of a branch behind the first, not " \
                             "#{index.inspect}"
      end
      private_class_method :check_branch

      # Of paths without a branch: how many references are cut for that (Integer), and how many
      # objects of the set these alone hold, with the sum of their sizes. They are in no branch, and
      # no garbage. nil for all paths.
      attr_reader :cut, :released, :released_bytes

      # +found+ is what Graph#merged_paths returns.
      def initialize(snapshot, found) # :nodoc:
        @garbage, @garbage_bytes, branches, (@cut, @released, @released_bytes) = found
        @branches = branches.each_with_index.map { |flat, i| branch(snapshot, i, flat) }.freeze
        @below = @branches.each_index.drop(1).group_by { |i| @branches[i].parent }.freeze
        freeze
      end

      # Yields each Branch.
      #
      #   merged.sum(&:own_objects) # => 84
      def each(&)
        branches.each(&)
      end

      # Number of branches (Integer).
      #
      #   merged.size # => 14
      def size
        branches.size
      end

      # The Branch with an index (Integer, from 0), nil if there is none.
      #
      #   merged[1].to_s # => "Registry (module)"
      def [](index)
        branches[index]
      end

      # The indexes of the branches below the branch with this index (Array of Integer), those with
      # most objects first, and a rest last.
      #
      #   merged.below(0) # => [1, 4, 9]
      def below(index)
        @below.fetch(index, [])
      end

      def inspect # :nodoc:
        "#<#{self.class} #{branches.first.objects} objects, #{size} branches>"
      end

      private

      def branch(snapshot, index, flat)
        parent, name, number, *sums = flat
        edge = Edge.decode(snapshot, name)
        edge = nil if number.nil? || parent.zero? # paths begin at roots and named modules
        Branch.new(index.zero? ? nil : parent, edge, number && snapshot.node(number),
                   *sums).freeze
      end
    end
  end
end
