# frozen_string_literal: true

require_relative "../terminal"

module HeapDump
  module CLI
    # Merged paths (Snapshot::MergedPaths) as the command `why` shows them: each branch with those
    # below it, and steps that all objects of a branch share in one line.
    class BranchTree
      def initialize(merged)
        @merged = merged
      end

      # Yields for each line: the last branch on it (Snapshot::MergedPaths::Branch), its steps in
      # words, and how many lines are above it in the tree.
      def each(index = 0, depth = 0, &)
        steps = [@merged[index].to_s]
        while (only = only_step(index))
          index = only
          steps << @merged[index].to_s
        end
        yield @merged[index], steps.join(" → "), depth
        @merged.below(index).each { |below| each(below, depth + 1, &) }
      end

      # For JSON. The number of a branch is its index.
      def to_a
        @merged.map do |branch|
          { parent: branch.parent, text: Terminal::Text.safe(branch.to_s), other: branch.other?,
            edge: !branch.edge.nil?, example: branch.node&.address && branch.node.to_s,
            objects: branch.objects, bytes: branch.bytes, retained: branch.retained,
            own_objects: branch.own_objects, own_bytes: branch.own_bytes,
            own_retained: branch.own_retained }
        end
      end

      private

      # The index of the branch below, if all objects of a branch other than the first are there.
      def only_step(index)
        below = @merged.below(index)
        below.first if index.positive? && below.one? && @merged[index].own_objects.zero?
      end
    end
  end
end
