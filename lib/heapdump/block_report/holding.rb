# frozen_string_literal: true

module HeapDump
  class BlockReport
    # Finds in a dump who holds the survivors. They are put together and counted in C.
    class Holding # :nodoc:
      # By number, as hg_held_by in ext/heapgraph/growth/held_trails.h.
      REASONS = [*Snapshot::Path::RANKS, :code, :unheld].freeze
      # So many ways are given for each reason. Ten times what the longest list shows.
      MOST = 500
      private_constant :REASONS, :MOST

      def initialize(snapshot, survivors, times, most: MOST)
        @snapshot = snapshot
        @survivors = survivors
        @times = times
        @most = most
        @ways = Snapshot::Ways::Finding.new(snapshot)
      end

      # Arrays of Retained::Group and Retained::More, by reason.
      def groups
        found = @snapshot.graph.held_ways(@survivors.packed, @survivors.places, @times, @most)
        REASONS.zip(found).to_h do |reason, (ways, rest)|
          [reason, [sorted(ways.map { |way| group(reason, *way) }), Retained::More.of(*rest)]]
        end
      end

      private

      def sorted(groups)
        groups.sort_by { |group| [-group.bytes, -group.objects, group.location, group.path.to_s] }
      end

      def group(reason, example, objects, bytes, path)
        survivor = @survivors[example]
        file, line, method = @survivors.place(survivor)
        way = path && @ways.told(path)
        Retained::Group.new(
          class_name: @survivors.class_name(survivor), objects: Words.median(objects),
          bytes: Words.median(bytes), runs: objects, location: Words.location(file, line),
          method_name: method, holder: way ? way.holder : "nothing that the dump shows",
          path: way&.told, signature: way&.signature, reason: reason
        ).freeze
      end
    end
    private_constant :Holding
  end
end
