# frozen_string_literal: true

module HeapDump
  class Leaks
    # Names that a program makes from data, and whose values are no objects: Thread.current["job
    # 17"] = false, or a constant for each customer that is a number. The graph has no edges for
    # such names; they are found in the line of their owner.
    class BareNames
      # By kind of edge: the field of the line that has the names, and the word for such a name.
      KINDS = { constant: %w[constants constant],
                class_variable: ["class_variables", "class variable"],
                ivar: ["ivars", "instance variable"],
                fiber_local: %w[fiber_locals fiber-local] }.freeze
      # Owners by their type; threads and fibers are some, too.
      OWNERS = %w[CLASS MODULE OBJECT].freeze

      def self.owner?(node)
        OWNERS.include?(node.type) || node.stack?
      end

      # The kinds of names that grow among the objects of one trail, by at least +least+ in each
      # step (Array of BareNames). +nodes+ are the numbers of these objects, one Array for each
      # dump.
      def self.of(nodes, snapshots, least)
        owners = nodes.zip(snapshots).map { |ids, snapshot| ids.map { |id| snapshot.node(id) } }
        KINDS.keys.map { |kind| new(kind, owners) }.select { |names| names.grow?(least) }
      end

      # How many different names there are, and the sum of the sizes of their owners, for each dump;
      # and one owner in the last dump (Node).
      attr_reader :counts, :retained, :node

      def initialize(kind, owners)
        @kind = kind
        @owners = owners
        @names = owners.map { |nodes| nodes.flat_map { |node| names_of(node) }.uniq }
        @names = names_of_one_place if kind == :constant
        @counts = @names.map(&:size)
        @retained = owners.map { |nodes| nodes.sum(&:memsize) }
        @node = owners.last.max_by { |node| names_of(node).size }
      end

      def grow?(least)
        steps = Steps.new(counts)
        steps.grow? && steps.grown.min >= least
      end

      def unit
        "names"
      end

      # "fiber-local"
      def word
        KINDS.fetch(@kind).last
      end

      # The last of the new names, as an edge that leads to a value which is no object.
      def edge
        Snapshot::Edge.new(@kind, (@names.last - @names.first).last)
      end

      private

      def names_of(node)
        values = node.field(KINDS.fetch(@kind).first, Hash) || {}
        values.reject { |_name, value| value.is_a?(String) && value.start_with?("0x") }.keys
      end

      # Only the names that one place in the source makes. Loading code makes constants as well, but
      # each of those is written in a place of its own.
      def names_of_one_place
        places = @owners.map do |nodes|
          nodes.map { |node| node.field("constant_locations", Hash) || {} }.reduce({}, :merge)
        end
        by_place = @names.zip(places).map { |names, place| names.group_by { |name| place[name] } }
        place = by_place.last.except(nil).max_by { |_place, names| names.size }&.first
        by_place.map { |groups| place ? groups.fetch(place, []) : [] }
      end
    end
  end
end
