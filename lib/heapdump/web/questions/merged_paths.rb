# frozen_string_literal: true

require_relative "../../cli/branch_tree"

module HeapDump
  class Web
    module Questions
      # Who holds all objects that meet conditions: the best paths to them, as one tree.
      class MergedPaths < OfSet
        takes :limit, Kinds::Number.new(2..ROWS), default: 100
        takes :without, Kinds::Number.new(1..(ROWS - 1))
        slow

        def answer
          { garbage: merged.garbage, garbage_bytes: merged.garbage_bytes, cut: merged.cut,
            released: merged.released, released_bytes: merged.released_bytes, total: merged.size,
            items: CLI::BranchTree.new(merged).to_a }
        end

        private

        def merged
          @merged ||= Snapshot::MergedPaths.find(snapshot, search.wanted,
                                                 **given.slice(:limit, :without))
        rescue ArgumentError => e
          raise unless given[:without]

          raise Refusal.new(404, "not_found", e.message)
        end
      end
    end
  end
end
