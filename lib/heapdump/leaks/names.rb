# frozen_string_literal: true

module HeapDump
  class Leaks
    # Names that a program makes from data: a class for each customer as a constant, a fiber-local
    # for each request. Loading code makes names as well, but each of those is written in a place of
    # its own.
    class Names
      # Kinds of names whose place is in the dump. For other kinds, many new names in each step
      # count as made from data.
      PLACED = %i[constant method].freeze

      # How many names there are, and the retained size of their objects, for each dump; and one of
      # these objects in the last dump (Node).
      attr_reader :counts, :retained, :node

      # +kind+:: the index of the kind in Snapshot::Edge::KINDS
      # +nodes+:: the numbers of the objects that have such a name, one Array for each dump
      def initialize(kind, counts, nodes, snapshots)
        @kind = Snapshot::Edge::KINDS.fetch(kind)
        @all = nodes.zip(snapshots).map { |ids, snapshot| ids.map { |id| snapshot.node(id) } }
        @counts = counts
        @snapshots = snapshots
        PLACED.include?(@kind) ? keep_those_of_one_place : keep(@all)
      end

      # Whether they grow. +least+:: so many new names in each step are many.
      def grow?(least)
        steps = Steps.new(counts)
        !node.nil? && steps.grow? && (PLACED.include?(@kind) || steps.grown.min >= least)
      end

      def unit
        "names"
      end

      private

      def keep(lists)
        old = lists[-2].to_h { |node| [node.address, true] }
        @node = lists.last.find { |node| !old[node.address] } || lists.last.first
        @retained = lists.zip(@snapshots).map { |list, snapshot| retained_by(snapshot, list) }
      end

      def retained_by(snapshot, list)
        list.empty? ? 0 : snapshot.retained_size(list)
      end

      # Only the names that one line of the source makes again and again.
      def keep_those_of_one_place
        by_place = @all.zip(@snapshots).map { |list, snapshot| group_by_place(list, snapshot) }
        growing = by_place.last.keys.compact.filter_map do |place|
          lists = by_place.map { |groups| groups.fetch(place, []) }
          lists if Steps.new(lists.map(&:size)).grow?
        end
        lists = growing.max_by { |one| one.last.size } or return
        @counts = lists.map(&:size)
        keep(lists)
      end

      def group_by_place(list, snapshot)
        list.group_by { |node| place(node, snapshot.origins) }
      end

      def place(node, origins)
        return Code.place(node) unless @kind == :constant

        node.name && origins.place(node.name)
      end
    end
  end
end
