# frozen_string_literal: true

module HeapDump
  module CLI
    # Who holds the objects of a set, by the paths to them (Snapshot::MergedPaths). The holders of
    # most objects come first.
    class Holders
      # Objects whose paths have the same steps, and the path to one of them (Snapshot::Path). The
      # figures are those of Snapshot::MergedPaths::Branch for the objects at its end.
      Way = Struct.new(:index, :path, :objects, :bytes, :retained)

      # The ways that begin with the same words, and the sums of their figures. +others+ is how many
      # of the objects are on ways that are not given. What all of them retain together is known
      # only if no other holder is on the same branch; else +retained+ is that of one way.
      Holder = Struct.new(:words, :ways, :objects, :bytes, :retained, :others)

      # At most so many branches are looked at.
      BRANCHES = 1000
      # Of so many objects each path is looked at, to see whether one thread alone holds them.
      LOOKED_AT = 10_000
      # What paths may begin at without a name, by kind.
      MERGED = { "VM/thread" => "threads", "fiber" => "fibers" }.freeze
      private_constant :BRANCHES, :LOOKED_AT, :MERGED

      # The holders of the objects that meet conditions (Hash) or are in a list (of Snapshot::Node).
      def self.of(snapshot, set)
        new(snapshot, set, snapshot.merged_paths(set, limit: BRANCHES))
      end

      # merged:: the paths (Snapshot::MergedPaths)
      # list::   the holders (Array of Holder). Holders with the same words are one. So are all
      #          threads, and all fibers, that hold by the same steps: a branch is merged from all
      #          of them, and its path shows one. If only one of them holds any of the objects, the
      #          words say so
      # others:: number of live objects that may belong to several holders (Integer), because there
      #          are too many branches
      attr_reader :merged, :list, :others

      def initialize(snapshot, set, merged)
        @snapshot = snapshot
        @set = set
        @merged = merged
        @others = 0
        holders = ways(snapshot).group_by { |way| words(way.path) }.to_h do |words, ways|
          [words, Holder.new(words, ways, ways.sum(&:objects), ways.sum(&:bytes), nil, 0)]
        end
        share_out_rests(holders)
        holders.each_value { |holder| holder.retained = retained(holder) }
        @list = holders.values.sort_by { |one| [-one.objects, rank(one.ways.first)] }
      end

      private

      def ways(snapshot)
        ways = merged.each_with_index.reject { |branch, _| branch.own_objects.zero? }
        ways.map! do |branch, i|
          path = snapshot.path_to(branch.node, around: PathLines::AROUND)
          Way.new(i, path, branch.own_objects, branch.own_bytes, branch.own_retained)
        end
        ways.sort_by { |way| [-way.objects, rank(way)] }
      end

      # A rest belongs to the holder to which all ways of the nearest branch above it belong.
      def share_out_rests(holders)
        owners = owners(holders)
        merged.select(&:other?).each do |rest|
          nearest = line(rest.parent).find { |index| owners.key?(index) }
          holder = holders[owners[nearest]]
          next @others += rest.objects unless holder

          holder.objects += rest.objects
          holder.others += rest.objects
          holder.bytes += rest.bytes
        end
      end

      # The words of the only holder that has ways below a branch, nil if there are several.
      def owners(holders)
        holders.each_with_object({}) do |(words, holder), owners|
          indexes = holder.ways.flat_map { |way| line(way.index) }.uniq
          indexes.each { |index| owners[index] = owners.key?(index) ? nil : words }
        end
      end

      # The retained size of a branch that has just the objects of a holder, or else of a way.
      def retained(holder)
        common = holder.ways.map { |way| line(way.index) }.inject(:&).first
        whole = merged[common]
        whole.objects == holder.objects ? whole.retained : holder.ways.map(&:retained).max
      end

      # The indexes of a branch and of those before it, the first one last.
      def line(index)
        found = [index]
        found << index while (index = merged[index].parent)
        found
      end

      # The words with which a path begins.
      def words(path)
        first = path.hops.first
        return first.words.first if first.words.any?

        words = Snapshot::Describe.node(first.node)
        merged = MERGED[first.node.kind]
        merged && several?(path) ? "#{merged}, one of which is #{words}" : words
      end

      # Whether a branch may stand for others than the thread or fiber on its path.
      def several?(path)
        @beginnings ||= beginnings
        known = @beginnings[branch(path)]
        return known.size > 1 if known

        name = path.hops.first.node.class_name
        name.nil? || @snapshot.find(class: name, limit: 0).total > 1
      end

      # The threads and fibers with which the paths to all objects begin, by their branches; none if
      # there are too many objects.
      def beginnings
        return {} if merged.branches.first.objects + merged.garbage > LOOKED_AT

        paths = objects.lazy.filter_map { |one| @snapshot.path_to(one, around: PathLines::AROUND) }
        paths = paths.select { |path| MERGED.key?(path.hops.first.node.kind) }
        paths.group_by { |path| branch(path) }
             .transform_values { |alike| alike.map { |path| path.hops.first.node.id }.uniq }
      end

      # Threads are one branch only where they hold an object alike: names made from data are alike.
      def branch(path)
        [path.hops.first.node.kind, *path.signature.split(" → ", 3).first(2)]
      end

      def objects
        @set.is_a?(Hash) ? @snapshot.find(**@set, limit: LOOKED_AT) : @set
      end

      def rank(way)
        Snapshot::Path::RANKS.index(way.path.rank)
      end
    end
  end
end
