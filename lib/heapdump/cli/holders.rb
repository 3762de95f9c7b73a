# frozen_string_literal: true

module HeapDump
  module CLI
    # Objects in groups: who holds them, and on which ways. Those that hold most come first.
    module Holders
      # Objects (Array of Snapshot::Node) that one thing holds, on some ways (Array of Way).
      # +retained+ is what would be free if all of them were, once it has been measured: that takes
      # a look at the whole heap.
      Holder = Struct.new(:snapshot, :words, :nodes, :ways, :retained) do
        def measure
          self.retained = snapshot.retained_size(nodes)
        end
      end

      # Some of them, held on paths that differ in nothing but which element it is, and one of
      # these (Snapshot::Path).
      Way = Struct.new(:path, :nodes)

      # Array of Holder. What is told as one ("thread of app.rb:8") is one, as several workers are.
      def self.of(snapshot, nodes)
        found = nodes.map { |node| [snapshot.path_to(node, around: PathLines::AROUND), node] }
        holders = found.group_by { |path, _| words(path) }.map do |words, pairs|
          Holder.new(snapshot, words, pairs.map(&:last), ways(pairs))
        end
        holders.sort_by { |one| [-one.nodes.size, rank(one.ways.first)] }
      end

      # What a path is told to begin with.
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
