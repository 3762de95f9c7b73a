# frozen_string_literal: true

module HeapDump
  class BlockReport
    # Finds in a dump who holds the survivors. The reader in C puts those together that are held in
    # one way, so a path is looked for once for each way.
    class Holding # :nodoc:
      RANKS = Snapshot::Path::RANKS
      STEPS = 1 << 20 # of all these paths together: those to the end of a long list are long
      private_constant :RANKS, :STEPS

      def initialize(snapshot, survivors, times)
        @snapshot = snapshot
        @survivors = survivors
        @times = times
        @ways = Snapshot::Ways::Finding.new(snapshot)
        @code = {}
      end

      def retained
        all = @snapshot.graph.held(@survivors.packed).map { |item| Alike.new(*item) }
        hidden, seen = all.partition { |alike| internal?(alike) }
        looked_at = spread(seen)
        @share = objects(seen).to_r / [objects(looked_at), 1].max
        held, aside = groups(looked_at).partition { |group| group.reason == :named }
        Retained.new(sorted(held), sorted(aside), Words.median(per_run(hidden, :objects)),
                     Words.median(per_run(hidden, :bytes)))
      end

      private

      # Survivors of one run, class and place that are held in one way: what Graph#held returns of
      # them.
      Alike = Struct.new(:example, :way, :objects, :bytes)
      # Those of all runs, and the path from a root to the first of them: that of Graph#best_path,
      # as Leaks::Way takes it.
      Held = Struct.new(:alike, :path)

      def internal?(alike)
        @survivors.internal?(@survivors[alike.example])
      end

      def objects(all)
        all.sum(&:objects)
      end

      # As many as may be looked at, evenly spread.
      def spread(all)
        steps = all.map(&:way).uniq.sum { |way| length(@survivors[way]) }
        return all if steps <= STEPS

        number = [all.size * STEPS / steps, 1].max
        Array.new(number) { |i| all[i * all.size / number] }
      end

      # How many steps the path has.
      def length(survivor)
        number = @snapshot.graph.node_at(survivor.address)
        *_, steps, _gap, left_out = number && @snapshot.graph.best_path(number, 1)
        steps ? (steps.size / 2) + left_out : 0
      end

      def sorted(groups)
        groups.sort_by { |group| [-group.bytes, -group.objects, group.location, group.path.to_s] }
      end

      def groups(all)
        found = {}
        all.group_by(&:way).each do |way, alike|
          survivor = @survivors[way]
          reason, path = find(survivor)
          key = [reason, survivor.klass, @survivors.place(survivor), path && @ways.signature(path)]
          (found[key] ||= Held.new([], path)).alike.concat(alike)
        end
        found.map { |(reason, _, place, signature), held| group(reason, place, held, signature) }
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

      def group(reason, place, held, signature)
        path, line, method = place
        objects, bytes = %i[objects bytes].map { |figure| per_run(held.alike, figure) }
        way = held.path && @ways.told(held.path)
        Retained::Group.new(
          class_name: @survivors.class_name(@survivors[held.alike.first.example]),
          objects: estimate(Words.median(objects)), bytes: estimate(Words.median(bytes)),
          runs: objects.map { |run| estimate(run) },
          location: Words.location(path, line), method_name: method,
          holder: way ? way.holder : "nothing that the dump shows", path: way&.told,
          signature: signature, reason: reason
        ).freeze
      end

      # For all objects, if not all were looked at.
      def estimate(figure)
        (figure * @share).round
      end

      # The sum of each run.
      def per_run(all, figure)
        sums = Array.new(@times, 0)
        all.each { |alike| sums[@survivors[alike.example].run] += alike[figure] }
        sums
      end
    end
    private_constant :Holding
  end
end
