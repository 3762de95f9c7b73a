# frozen_string_literal: true

module HeapDump
  class BlockReport
    # Finds in a dump who holds the survivors.
    class Holding # :nodoc:
      RANKS = Snapshot::Path::RANKS
      MOST = 20_000 # objects whose paths are looked for
      STEPS = 1 << 20 # of all these paths together: those to the end of a long list are long
      private_constant :RANKS, :MOST, :STEPS

      def initialize(snapshot, survivors, times)
        @snapshot = snapshot
        @survivors = survivors
        @times = times
        @ways = Snapshot::Ways::Finding.new(snapshot)
        @code = {}
      end

      def retained
        hidden, seen = @survivors.partition { |survivor| @survivors.internal?(survivor) }
        looked_at = spread(seen)
        @share = seen.size.to_r / [looked_at.size, 1].max
        held, aside = groups(looked_at).partition { |group| group.reason == :named }
        Retained.new(sorted(held), sorted(aside), per_run(hidden.group_by(&:run), &:size),
                     per_run(hidden.group_by(&:run)) { |all| all.sum(&:bytes) })
      end

      private

      # Survivors of one class and place that are held in one way, and the path from a root to the
      # first of them: that of Graph#best_path, as Leaks::Way takes it.
      Held = Struct.new(:survivors, :path)

      # As many as may be looked at, evenly spread: of some, how long their paths are, and of some
      # of these where they lead.
      def spread(survivors)
        some = every(survivors, [survivors.size, MOST].min)
        steps = some.sum { |survivor| length(survivor) }
        steps > STEPS ? every(some, [some.size * STEPS / steps, 1].max) : some
      end

      def every(survivors, number)
        return survivors if survivors.size == number

        Array.new(number) { |i| survivors[i * survivors.size / number] }
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

      def groups(survivors)
        found = {}
        survivors.each do |survivor|
          reason, path = find(survivor)
          signature = path && @ways.signature(path)
          place = @survivors.place(survivor)
          held = found[[reason, survivor.klass, place, signature]] ||= Held.new([], path)
          held.survivors << survivor
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
        runs = held.survivors.group_by(&:run)
        way = held.path && @ways.told(held.path)
        Retained::Group.new(
          class_name: @survivors.class_name(held.survivors.first),
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
