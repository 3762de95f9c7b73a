# frozen_string_literal: true

module HeapDump
  class Leaks
    # What grew at one place: how many objects, of which class, how they are held. Made of what
    # HeapDump::Growth#leaks returns.
    class Growing
      # Objects that are held in the same way: how many of them each dump has, one of them in the
      # last dump (Node), how that is held (Way), and whether it lies inside another.
      Part = Struct.new(:counts, :node, :way, :wrapped, keyword_init: true)

      # Classes whose objects are the matter themselves, whatever they hold.
      WHOLE = %w[Thread Fiber Class Module].freeze

      # Edges of which an object has one by each name, and those of which a stack has some.
      VARIABLES = %i[ivar member class_variable constant captured fiber_local field method].freeze
      FRAMES = %i[frame frame_local].freeze

      # By rank of the way (Snapshot::Path::RANKS).
      LIVES_BY = {
        cache: "it lives on by a cache of the VM alone, which is no cause",
        stack: "it lives on by the machine stack alone, perhaps by chance"
      }.freeze

      attr_reader :retained, :snapshot

      def initialize(raw, growth, snapshot, classes)
        @raw = raw
        @growth = growth
        @snapshot = snapshot
        @classes = classes
        @retained = raw[:retained]
        @parts = raw[:parts].map { |part| part(part) }
        @inner = raw[:inner].map { |part| part(part) }
      end

      # The part to tell it by. What grows in a container may wrap what the application knows: of a
      # block that has captured an order, the order is told.
      def headline
        @headline ||= choose
      end

      def empty?
        @parts.empty?
      end

      # What grows in the container (the first part), which other figures speak of.
      def outer
        @parts.first
      end

      # Which of its objects (the first part's) stay from dump to dump (Turnover).
      def turnover
        Turnover.new(counts: outer.counts, kept: @raw[:kept], stayed: @raw[:stayed],
                     stayed_twice: @raw[:stayed_twice])
      end

      # Which other leaks it holds new objects of as well, and how many (Array of pairs).
      def holds
        @raw[:related]
      end

      # How many of its own are new.
      def newcomers
        @raw[:newcomers]
      end

      # Whether one object holds many of them, each by a name of its own.
      def names_from_data?
        @raw[:contained] > 1 && VARIABLES.include?(outer.way.steps.last.edge&.kind)
      end

      # Of the class that it is told by: a number, the lower the better.
      def rank_number
        Classes::RANKS.index(rank(headline))
      end

      # Other classes that grow in the same container or inside (Array of String).
      def company
        words = (@parts + @inner).map { |part| class_word(part.node) }
        words.uniq - [class_word(headline.node)]
      end

      # "Session"
      def class_word(node = headline.node)
        Way.kind_word(node)
      end

      # How the other holders of the same objects hold them (Array of Way).
      def other_ways
        @raw[:others].map do |holder, name, target, _count|
          Way.decode(snapshot, @growth.way(holder))
             .to(Snapshot::Edge.decode(snapshot, name), snapshot.node(target))
        end
      end

      # Where most of the newcomers were allocated ("file:line"), nil unless it is known for
      # most of them.
      def allocated_at
        @raw[:location] if @raw[:location] && @raw[:located] >= Rules::MOST * @raw[:newcomers]
      end

      # Why it lives on if nothing that the program does holds it (String), else nil.
      def lives_by
        LIVES_BY[Snapshot::Path::RANKS[@raw[:parts].first[:rank]]]
      end

      # How many objects hold the newcomers.
      def containers
        @raw[:containers]
      end

      # Whether they hold each other.
      def chained?
        @raw[:chained] >= Rules::MOST * outer.counts.last
      end

      # Whether each of them is the one value of a variable that was there before. Only containers
      # and lists grow without bounds; variables are filled, once each.
      def fills_variables?
        return false if chained? || @raw[:parts].first[:holders_grow]

        kind = outer.way.steps.last.edge&.kind
        FRAMES.include?(kind) || (VARIABLES.include?(kind) && @raw[:contained] <= 1)
      end

      private

      def part(raw)
        node = snapshot.node(raw[:example])
        Part.new(counts: raw[:counts], node: node, way: Way.decode(snapshot, @growth.way(node.id)),
                 wrapped: raw[:wrapped]).freeze
      end

      def choose
        best = @parts.min_by.with_index { |part, index| [*rating(part), index] }
        return best if WHOLE.include?(class_word(best.node)) || best.node.kind == "ment"

        inner = @inner.select { |part| inside?(part) }.min_by.with_index do |part, index|
          [Classes::RANKS.index(rank(part)), part.wrapped, index]
        end
        inner && better?(inner, best) ? inner : best
      end

      def rating(part)
        [Classes::RANKS.index(rank(part)), part.way.steps.last.edge&.kind == :key ? 1 : 0]
      end

      def better?(inner, best)
        Classes::RANKS.index(rank(inner)) < Classes::RANKS.index(rank(best))
      end

      # Only wrappers lie between it and the container.
      def inside?(part)
        between = part.way.steps.last(part.wrapped + 1)[0...-1].map(&:node)
        between.none? { |node| WHOLE.include?(node.class_name) || @classes.rank(node) == :app }
      end

      def rank(part)
        @classes.rank(part.node)
      end
    end
  end
end
