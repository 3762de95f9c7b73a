# frozen_string_literal: true

module HeapDump
  class BlockReport
    # Finds in a dump who holds the survivors.
    class Holding # :nodoc:
      RANKS = Snapshot::Path::RANKS
      MOST = 20_000 # objects whose paths are looked for
      private_constant :RANKS, :MOST

      def initialize(snapshot, survivors, times)
        @snapshot = snapshot
        @survivors = survivors
        @times = times
        @ways = Snapshot::Ways::Finding.new(snapshot)
        @code = {}
      end

      def retained
        hidden, seen = @survivors.partition { |survivor| @survivors.internal?(survivor) }
        @share = [1r, seen.size.to_r / MOST].max
        held, aside = groups(spread(seen)).partition { |group| group.reason == :named }
        Retained.new(sorted(held), sorted(aside), per_run(hidden.group_by(&:run), &:size),
                     per_run(hidden.group_by(&:run)) { |all| all.sum(&:bytes) })
      end

      private

      # A survivor with its path from a root: that of Graph#best_path, as Leaks::Way takes it.
      Held = Struct.new(:survivor, :path)

      # As many as may be looked at, evenly spread.
      def spread(survivors)
        return survivors if survivors.size <= MOST

        Array.new(MOST) { |i| survivors[(i * @share).floor] }
      end

      def sorted(groups)
        groups.sort_by { |group| [-group.bytes, -group.objects, group.location, group.path] }
      end

      def groups(survivors)
        found = Hash.new { |all, key| all[key] = [] }
        survivors.each do |survivor|
          reason, path = find(survivor)
          found[[reason, survivor.klass, @survivors.place(survivor)]] << Held.new(survivor, path)
        end
        found.flat_map { |(reason, _class, place), held| in_ways(reason, place, held) }
      end

      def find(survivor)
        number = @snapshot.graph.node_at(survivor.address)
        rank, _disjoint, _holder, flat = number && @snapshot.graph.best_path(number, nil)
        return [:unheld, nil] unless flat

        steps = flat.each_slice(2).to_a # of a node and the name of the edge to it
        [code_on?(steps) ? :code : RANKS.fetch(rank), way_of(steps)]
      end

      # Whether what is held is code that was loaded, or belongs to it.
      def code_on?(steps)
        number, name = steps.last
        steps.any? { |node, _name| code?(node) } || @snapshot.node(number).module? ||
          Snapshot::Edge.decode(@snapshot, name).name == "constant_files"
      end

      # Leaks::Way has no name before the first node, and names before the nodes.
      def way_of(steps)
        first, *rest = steps
        [first.first, *rest.flat_map(&:reverse)]
      end

      def code?(number)
        @code.fetch(number) { @code[number] = @snapshot.node(number).kind == "iseq" }
      end

      def in_ways(reason, place, held)
        return [group(reason, place, held, nil)] if reason == :unheld

        held.group_by { |one| @ways.signature(one.path) }.map do |signature, same|
          group(reason, place, same, @ways.told(same.first.path), signature)
        end
      end

      def group(reason, place, held, way, signature = nil)
        path, line, method = place
        runs = held.map(&:survivor).group_by(&:run)
        Retained::Group.new(
          class_name: @survivors.class_name(held.first.survivor),
          objects: estimate(per_run(runs, &:size)),
          bytes: estimate(per_run(runs) { |all| all.sum(&:bytes) }),
          runs: Array.new(@times) { |run| estimate(runs.fetch(run, []).size) },
          location: Words.location(path, line), method_name: method,
          holder: way ? way.holder : "nothing that the dump shows", path: way&.told,
          signature: signature, reason: reason
        ).freeze
      end

      # For all objects, if not all were looked at.
      def estimate(figure)
        (figure * @share).round
      end

      def per_run(runs, &)
        Words.median(Array.new(@times) { |run| runs.fetch(run, []) }.map(&))
      end
    end
    private_constant :Holding
  end
end
