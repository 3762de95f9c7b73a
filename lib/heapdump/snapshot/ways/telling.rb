# frozen_string_literal: true

require_relative "../../leaks"

module HeapDump
  class Snapshot
    class Ways
      # Puts a way into words.
      class Telling # :nodoc:
        ELEMENTS = %i[index key value value_at value_int].freeze
        MOST = 24 # steps; of a longer path the middle is left out
        private_constant :ELEMENTS, :MOST

        # +way+ is of Signing#sums.
        def initialize(snapshot, way)
          @snapshot = snapshot
          @way = way
          @names, flat = way.path
          @path = Leaks::Way.decode(snapshot, flat)
        end

        # The Way with words, frozen.
        def way
          holder = Leaks::Holder.new(@path, @snapshot.origins, names: @names)
          place = Leaks::Code.place(@path.target) || holder.placed&.place
          Way.new(**@way.to_h, node: @path.target, path: @path, holder: holder.words, told: told,
                               location: place, gem: place && Places.gem_of(place)).freeze
        end

        private

        def told
          first, *rest = @path.told
          left_out = rest.size - MOST
          return words(first, rest) unless left_out.positive?

          front = rest.first(MOST / 2)
          back = rest.last(MOST / 2)
          [words(first, front), "… #{Terminal::Units.plural(left_out, "step")} more",
           *back.map { |step| step(step) }].join(" → ")
        end

        def words(first, rest)
          [Describe.node(first.node), *rest.map { |step| step(step) }].join(" → ")
        end

        def step(step)
          [*Describe.frame_of(step.edge), edge(step), ClassWords.of(step.node)].join(" → ")
        end

        def edge(step)
          return "[…]" if ELEMENTS.include?(step.edge.kind)
          return Describe.edge(step.edge) unless @names && step.equal?(@path.steps.last)

          Describe.edge(Edge.new(step.edge.kind, "…"))
        end
      end
      private_constant :Telling
    end
  end
end
