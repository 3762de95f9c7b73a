# frozen_string_literal: true

module HeapDump
  module CLI
    # The references of an object, or the references to it: one page of those that have a name, and
    # the nameless ones in groups, by the kind of object at their other end, because nobody reads
    # the same words for each of a thousand call caches.
    class ReferenceList
      # At most so many references are all looked at to separate named from nameless ones. If there
      # are more, each page is separated on its own.
      LOOKED_AT = 100_000

      # References without a name whose other ends are of one kind: an example (Snapshot::Node), the
      # words for the kind, and how many there are.
      Group = Struct.new(:example, :words, :number)

      # +all+:: the number of all references
      # +named+:: the references that have a name, from +offset+ on (Array of Snapshot::Reference)
      # +left+:: how many more come after these
      # +groups+:: the references without a name (Array of Group)
      # +summed+:: all references in groups (Snapshot::Page of Snapshot::ReferenceGroup); nil if one
      #            page has all of them
      attr_reader :all, :named, :left, :groups, :summed

      # +fetch+ is called with an offset and a limit, and returns a Snapshot::Page of references.
      # +summed+ is called for all of them in groups.
      def initialize(offset, limit, summed, &fetch)
        @all = fetch.call(0, 0).total
        @summed = @all > limit ? summed.call : nil
        whole = @all <= LOOKED_AT
        page = fetch.call(whole ? 0 : offset, whole ? @all : limit)
        nameless, named = page.partition { |reference| reference.edge.kind == :reference }
        @named = whole ? named.drop(offset).first(limit) : named
        @left = whole ? [named.size - offset - limit, 0].max : [@all - offset - limit, 0].max
        @groups = grouped(nameless)
      end

      private

      def grouped(nameless)
        groups = nameless.map(&:node).group_by { |node| kind(node) }.map do |words, nodes|
          Group.new(nodes.first, words, nodes.size)
        end
        groups.sort_by { |group| [-group.number, group.words] }
      end

      def kind(node)
        node.class_name || [node.type, node.kind].compact.join(" ")
      end
    end
  end
end
