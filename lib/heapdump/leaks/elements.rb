# frozen_string_literal: true

module HeapDump
  class Leaks
    # The elements of arrays that grow: whether they are the same ones from dump to dump. A list
    # that is emptied and filled again grows by chance only.
    module Elements
      # Of longer arrays nothing is said.
      MOST = 1_000

      module_function

      # The Turnover of the elements; nil unless all nodes are short arrays of nothing but objects.
      #
      # +all+:: one Array of Node for each dump
      def turnover(all)
        lists = all.map { |nodes| addresses(nodes) }
        return unless lists.all?

        sets = lists.map { |list| list.to_h { |address| [address, true] } }
        Turnover.new(counts: lists.map(&:size), kept: kept(lists, sets),
                     stayed: stayed(lists, sets, 1), stayed_twice: stayed(lists, sets, 2))
      end

      # By dump: how many elements are in the next one, too.
      def kept(lists, sets)
        lists.each_index.map { |at| sets[at + 1] ? count(lists[at], [sets[at + 1]]) : 0 }
      end

      # By dump: how many elements are in so many dumps before, too.
      def stayed(lists, sets, steps)
        lists.each_index.map do |at|
          at < steps ? 0 : count(lists[at], sets[at - steps, steps])
        end
      end

      def count(list, sets)
        list.count { |address| sets.all? { |set| set.key?(address) } }
      end

      # The addresses of all elements (Array of Integer), nil as above.
      def addresses(nodes)
        lists = nodes.map { |node| elements(node) }
        lists.flatten if lists.all?
      end

      def elements(node)
        length = node.brief["length"] if node.type == "ARRAY"
        return unless length.is_a?(Integer) && length <= MOST

        held = node.references(limit: length + 2).select { |one| one.edge.kind == :index }
        held.map { |one| one.node.address } if held.size == length
      end
      private_class_method :kept, :stayed, :count, :addresses, :elements
    end
    private_constant :Elements
  end
end
