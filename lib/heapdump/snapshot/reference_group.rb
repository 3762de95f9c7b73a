# frozen_string_literal: true

module HeapDump
  class Snapshot
    # References of one object, or to one object, that have the same name, and at whose other ends
    # are objects of one class: see Snapshot#reference_groups. Frozen.
    #
    # edge::       their name (Edge), which is without the index or key for elements of arrays and
    #              hashes; nil for the group of all others
    # words::      the class of the objects at their other ends in words (String)
    # references:: number of references
    # objects::    number of different objects at their other ends, nil if they are not counted
    # example::    of these objects that with the largest retained size (Node), nil for all others
    #
    #   group = snapshot.referrer_groups(text).first
    #   [group.words, group.edge.to_s, group.references] # => ["Session", "@state", 31]
    ReferenceGroup = Struct.new(:edge, :words, :references, :objects, :example) do
      # Makes a Page of what Graph#reference_groups or Graph#referrer_groups returns.
      def self.page(snapshot, total, references, found) # :nodoc:
        groups = found.map do |name, number, count, objects|
          node = snapshot.node(number)
          new(Edge.decode(snapshot, name), ClassWords.of(node), count,
              objects.zero? ? nil : objects, node).freeze
        end
        left = references - groups.sum(&:references)
        groups << new(nil, "others", left).freeze if left.positive? && !groups.empty?
        Page.new(groups, total)
      end

      # True for the group of all references that are in no other group.
      #
      #   group.others? # => false
      def others?
        edge.nil?
      end

      def inspect # :nodoc:
        "#<#{self.class} #{references} #{edge} #{words}>"
      end
    end
  end
end
