# frozen_string_literal: true

require_relative "../../leaks"

module HeapDump
  class Snapshot
    class Ways
      # Says of single objects in which way each is held. Paths are as Leaks::Way.decode takes them.
      #
      #   finding = Ways::Finding.new(snapshot)
      #   finding.signature(path)   # => "4a2cbb5725507364"
      #   finding.told(path).holder # => "constant Shop::ROWS"
      class Finding # :nodoc:
        def initialize(snapshot)
          @snapshot = snapshot
          @signing = Signing.new(snapshot.plain)
        end

        # The signature of the way (String).
        def signature(path)
          way(path).signature
        end

        # The Way with words, of no objects.
        def told(path)
          Telling.new(@snapshot, way(path)).way
        end

        private

        def way(path)
          @signing.sums([[false, 0, 0, 0, path]]).first
        end
      end
    end
  end
end
