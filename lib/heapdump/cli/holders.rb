# frozen_string_literal: true

module HeapDump
  module CLI
    # Groups objects by their holder and by their path. The holders of most objects come first.
    module Holders
      # Objects (Array of Snapshot::Node) that have the same holder, on one or more paths (Array of
      # Way). +retained+ is the retained size of all of them together, once #measure has been
      # called; that takes a walk over the whole heap.
      Holder = Struct.new(:snapshot, :words, :nodes, :ways, :retained) do
        def measure
          self.retained = snapshot.retained_size(nodes)
        end
      end

      # Objects whose paths differ only in the elements that they pass, and one of these paths
      # (Snapshot::Path).
      Way = Struct.new(:path, :nodes)

      # Array of Holder. Holders with the same words ("thread of app.rb:8", for each of several
      # workers) are one.
      def self.of(snapshot, nodes)
        found = nodes.map { |node| [snapshot.path_to(node, around: PathLines::AROUND), node] }
        holders = found.group_by { |path, _| words(path) }.map do |words, pairs|
          Holder.new(snapshot, words, pairs.map(&:last), ways(pairs))
        end
        holders.sort_by { |one| [-one.nodes.size, rank(one.ways.first)] }
      end

      # The words with which a path begins.
      def self.words(path)
        first = path.hops.first
        first.words.first || Snapshot::Describe.node(first.node)
      end

      def self.ways(pairs)
        ways = pairs.group_by { |path, _| path.signature }.map do |_, of_one|
          Way.new(of_one.first.first, of_one.map(&:last))
        end
        ways.sort_by { |way| [-way.nodes.size, rank(way)] }
      end

      def self.rank(way)
        Snapshot::Path::RANKS.index(way.path.rank)
      end
      private_class_method :words, :ways, :rank
    end
  end
end
