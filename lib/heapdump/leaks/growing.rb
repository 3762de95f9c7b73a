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

      # +number+:: of +raw+ among what the reader found
      def initialize(raw, number, growth, snapshot)
        @raw = raw
        @number = number
        @growth = growth
        @snapshot = snapshot
        @origins = snapshot.origins
        @retained = raw[:retained]
        @parts = raw[:parts].map { |part| part(part) }
        @inner = raw[:inner].map { |part| part(part) }
      end

      def empty?
        @parts.empty?
      end

      # What a Suspect says of it.
      def facts
        { class_name: class_word, counts: headline.counts, unit: "objects", retained: retained,
          path: way, signature: way.signature(class_word), company: company }
      end

      # What a Verdict asks, but for who holds it.
      def figures
        { counts: outer.counts, retained: retained, unit: "objects", fills: fills_variables?,
          lives_by: lives_by, turnover: stable? ? turnover : nil }
      end

      # What the figures do not say.
      def remarks
        [("held by each other, as the elements of a list" if chained?),
         ("in #{@raw[:containers]} containers" if @raw[:containers] > 1)].compact
      end

      # How a Holder is to name it.
      def naming
        { names: names_from_data? }
      end

      # How it belongs to others (Related::One).
      def relation
        { number: @number, holds: @raw[:related], new: @raw[:newcomers],
          rank: @origins.rank(node), by_name: names_from_data? }
      end

      # The example (Node), and how it is held (Way).
      def node
        headline.node
      end

      def way
        headline.way
      end

      # Where it comes into being ("file:line"): where most of the new ones were allocated, else
      # where its code is written; nil where neither is known.
      def added_at
        allocated_at || Code.place(node)
      end

      # How the other holders of the same objects hold them (Array of Way).
      def other_ways
        @raw[:others].map do |holder, name, target, _count|
          Way.decode(snapshot, @growth.way(holder))
             .to(Snapshot::Edge.decode(snapshot, name), snapshot.node(target))
        end
      end

      private

      attr_reader :retained, :snapshot

      # The part to tell it by. What grows in a container may wrap what the application knows: of a
      # block that has captured an order, the order is told.
      def headline
        @headline ||= choose
      end

      # What grows in the container (the first part), which the verdict is about.
      def outer
        @parts.first
      end

      def class_word(node = headline.node)
        Way.kind_word(node)
      end

      # Other classes that grow in the same container or inside (Array of String).
      def company
        words = (@parts + @inner).map { |part| class_word(part.node) }
        words.uniq - [class_word(headline.node)]
      end

      # Objects can be told by their addresses unless the heap was compacted in between.
      def stable?
        @growth.stable.all? { |permille| permille >= Rules::STABLE }
      end

      # Which of its objects (the first part's) stay from dump to dump (Turnover).
      def turnover
        Turnover.new(counts: outer.counts, kept: @raw[:kept], stayed: @raw[:stayed],
                     stayed_twice: @raw[:stayed_twice])
      end

      # Whether one object holds many of them, each by a name of its own.
      def names_from_data?
        @raw[:contained] > 1 && VARIABLES.include?(outer.way.steps.last.edge&.kind)
      end

      # nil unless it is known for most of the new ones.
      def allocated_at
        @raw[:location] if @raw[:location] && @raw[:located] >= Rules::MOST * @raw[:newcomers]
      end

      # Why it lives on if nothing that the program does holds it (String), else nil.
      def lives_by
        LIVES_BY[Snapshot::Path::RANKS[@raw[:parts].first[:rank]]]
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

      def part(raw)
        node = snapshot.node(raw[:example])
        Part.new(counts: raw[:counts], node: node, way: Way.decode(snapshot, @growth.way(node.id)),
                 wrapped: raw[:wrapped]).freeze
      end

      def choose
        best = @parts.min_by.with_index { |part, index| [*rating(part), index] }
        return best if WHOLE.include?(class_word(best.node)) || best.node.kind == "ment"

        inner = @inner.select { |part| inside?(part) }.min_by.with_index do |part, index|
          [@origins.rank(part.node), part.wrapped, index]
        end
        inner && better?(inner, best) ? inner : best
      end

      def rating(part)
        [@origins.rank(part.node), part.way.steps.last.edge&.kind == :key ? 1 : 0]
      end

      def better?(inner, best)
        @origins.rank(inner.node) < @origins.rank(best.node)
      end

      # Only wrappers lie between it and the container.
      def inside?(part)
        between = part.way.steps.last(part.wrapped + 1)[0...-1].map(&:node)
        between.none? { |node| WHOLE.include?(node.class_name) || @origins.of_class(node) == :app }
      end
    end
  end
end
