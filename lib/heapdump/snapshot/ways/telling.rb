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
          holder = Leaks::Holder.new(several? ? without_last_name : @path, @snapshot.origins,
                                     names: @names)
          place = several? ? place_of_all(holder) : place_of_one(holder)
          Way.new(**@way.to_h, node: @path.target, path: @path, holder: holder.words, told: told,
                               location: place, gem: place && Places.gem_of(place)).freeze
        end

        private

        # Whether it stands for objects with different names. The path shows one of them, whose name
        # and place say nothing of the others. Where paths begin, as in a dump without names of
        # constants, there is no edge with a name.
        def several?
          @names && @way.objects > 1 && !@path.steps.last.edge.nil?
        end

        def without_last_name
          *before, last = @path.steps
          Leaks::Way.new([*before, Leaks::Way::Step.new(nameless(last.edge), last.node).freeze])
        end

        def nameless(edge)
          Edge.new(edge.kind, "…", edge.frame)
        end

        def place_of_one(holder)
          Leaks::Code.place(@path.target) || holder.placed&.place
        end

        # That of their owner.
        def place_of_all(holder)
          owner = @path.steps[-2]&.node
          holder.placed&.place || (owner&.name && @snapshot.origins.place(owner.name))
        end

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

          Describe.edge(nameless(step.edge))
        end
      end
      private_constant :Telling
    end
  end
end
