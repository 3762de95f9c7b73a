# frozen_string_literal: true

module HeapDump
  module CLI
    # What an object refers to, or what refers to it: one page of what has a name, and what has none
    # in groups, by what is at the other end. Nobody reads the same words for each of a thousand
    # call caches.
    class ReferenceList
      # Up to so many are looked at to tell them apart; of more each page is for itself.
      LOOKED_AT = 100_000

      # References without a name whose other ends are of one kind: an example (Snapshot::Node),
      # what they are, and how many there are.
      Group = Struct.new(:example, :words, :number)

      # +all+:: how many there are in all
      # +named+:: those that have a name, from +offset+ on (Array of Snapshot::Reference)
      # +left+:: how many of them there are behind those
      # +groups+:: the others (Array of Group)
      attr_reader :all, :named, :left, :groups

      # +fetch+ is called with an offset and a limit, and returns a Snapshot::Page of references.
      def initialize(offset, limit, &fetch)
        @all = fetch.call(0, 0).total
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
