# frozen_string_literal: true

require_relative "../../cli/branch_tree"

module HeapDump
  class Web
    module Questions
      # Who holds all objects that meet conditions: the best paths to them, as one tree.
      class MergedPaths < OfSet
        takes :limit, Kinds::Number.new(2..ROWS), default: 100
        slow

        def answer
          found = plain.graph.merged_paths(**search.wanted, limit: given[:limit])
          merged = Snapshot::MergedPaths.new(snapshot, found)
          { garbage: merged.garbage, garbage_bytes: merged.garbage_bytes, total: merged.size,
            items: CLI::BranchTree.new(merged).to_a }
        end
      end
    end
  end
end
