# frozen_string_literal: true

require_relative "branch_tree"

module HeapDump
  module CLI
    # The paths to all objects of a class as one tree, for the command `why`.
    module ClassTree
      private

      def tree_of_class(snapshot, name)
        merged = work(snapshot) { snapshot.merged_paths({ class: name }, limit: @tree) }
        tree = BranchTree.new(merged)
        json = { class: name, garbage: merged.garbage, branches: tree.to_a }
        return print_json(**json) if json?

        table = Terminal::Table.new(["objects", "bytes", "retained", "held through"], right: 3)
        tree.each do |branch, words, depth|
          table.row(count(branch.objects), bytes(branch.bytes), bytes(branch.retained),
                    "#{"  " * depth}#{words}")
        end
        screen.table(table)
      end
    end
  end
end
