# frozen_string_literal: true

module HeapDump
  class Leaks
    # What grew at one place: how many objects of which class, and how they are held. It is made of
    # one entry of HeapDump::Growth#leaks.
    class Growing
      # Objects that are held in the same way: how many of them each dump has, one of them in the
      # last dump (Node), how that is held (Way), and by how many steps it lies inside another (0:
      # it does not).
      Part = Struct.new(:counts, :node, :way, :wrapped, keyword_init: true)

      # Classes whose objects are named themselves, whatever they hold.
      WHOLE = %w[Thread Fiber Class Module].freeze

      # So many of the new objects are looked at one by one.
      SAMPLE = 64

      # Kinds of edges of which an object has at most one with each name, and kinds of edges that
      # lead out of a frame.
      VARIABLES = %i[ivar member class_variable constant captured fiber_local field method].freeze
      FRAMES = %i[frame frame_local].freeze

      # Reasons to clear growth, by the rank of its path (Snapshot::Path::RANKS). What caches hold
      # is bounded by the calls in the code, so only much of it is a leak.
      LIVES_BY = {
        cache: "it lives on by a cache of the VM alone, and it is little",
        stack: "it lives on by the machine stack alone, perhaps by chance"
      }.freeze

      # +number+:: the index of +raw+ in what HeapDump::Growth#leaks returned
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

      # The fields of the Suspect.
      def facts
        { class_name: class_word, counts: headline.counts, unit: "objects", retained: retained,
          path: way, signature: way.signature(class_word), company: company }
      end

      # The arguments of the Verdict, except those about the holder.
      def figures
        { counts: outer.counts, retained: retained, unit: "objects", fills: fills_variables?,
          lives_by: lives_by, doubts: doubts, turnover: (turnover if Turnover.known?(@growth)) }
      end

      # Remarks that the numbers do not show (Array of String).
      def remarks
        [("held by each other, as the elements of a list" if chained?),
         ("in #{@raw[:containers]} containers" if @raw[:containers] > 1), sampling,
         *Remarks.of(newcomers)].compact
      end

      # The arguments of the Holder that say how to name it.
      def naming
        { names: names_from_data? }
      end

      # The fields of Related::One, which show whether other growth is the same leak.
      def relation
        { number: @number, holds: @raw[:related], new: @raw[:newcomers],
          rank: @origins.rank(node), by_name: names_from_data? }
      end

      # One of the new objects as an example (Node), and its path (Way).
      def node
        headline.node
      end

      def way
        headline.way
      end

      # The place that makes the objects ("file:line"): where most of the new ones were allocated,
      # else where their code is written; nil if neither is known.
      def added_at
        allocated_at || Code.place(node)
      end

      # The paths on which other holders hold the same objects (Array of Way).
      def other_ways
        @raw[:others].map do |holder, name, target, _count|
          Way.decode(snapshot, @growth.way(holder))
             .to(Snapshot::Edge.decode(snapshot, name), snapshot.node(target))
        end
      end

      private

      attr_reader :retained, :snapshot

      # The part after which the suspect is named. What grows in a container may wrap an object of
      # the application: if blocks have captured orders, the suspect is named after the orders.
      def headline
        @headline ||= choose
      end

      # What grows in the container (the first part). The verdict is about this part.
      def outer
        @parts.first
      end

      def class_word(node = headline.node)
        return former || Way.kind_word(node) if node == headline.node

        Way.kind_word(node)
      end

      # For classes that were loaded again, if all of them had one name: the class in words, and not
      # "Class".
      def former
        return @former if defined?(@former)

        words = newcomers.map { |node| node.words if node.former? }.uniq
        @former = (words.first if words.size == 1)
      end

      # Some of the new objects (Array of Node).
      def newcomers
        @newcomers ||= @growth.newcomers(headline.node.id, SAMPLE).map { |id| snapshot.node(id) }
      end

      # Other classes that grow in the same container or below it (Array of String).
      def company
        words = (@parts + @inner).map { |part| class_word(part.node) }
        words.uniq - [class_word(headline.node)]
      end

      # Which objects of the first part stay from dump to dump (Turnover).
      def turnover
        Turnover.new(counts: outer.counts, kept: @raw[:kept], stayed: @raw[:stayed],
                     stayed_twice: @raw[:stayed_twice])
      end

      # Whether one object holds many of them, each by a name of its own, which then is made from
      # data.
      def names_from_data?
        @raw[:contained] > 1 && VARIABLES.include?(outer.way.steps.last.edge&.kind)
      end

      # The place where most of the new objects were allocated; nil if no place has most of them. If
      # allocations were sampled, those count of which the dump says where they were allocated.
      def allocated_at
        all = sampled? ? @raw[:placed] : @raw[:newcomers]
        @raw[:location] if @raw[:location] && @raw[:located] >= Rules::MOST * all
      end

      # Whether the dump says of samples only where they were allocated.
      def sampled?
        snapshot.header.key?("allocation_sampling") && !snapshot.header["allocation_tracing"]
      end

      # How sure the place is (String), nil if all allocations were traced.
      def sampling
        return unless sampled? && allocated_at

        "allocated there: #{@raw[:located]} of #{@raw[:placed]} sampled objects"
      end

      # Why it stays live although nothing of the program holds it (String), else nil.
      def lives_by
        much = retained.last - retained.first >= Rules::CACHE_BYTES
        LIVES_BY[rank] unless cached? && much
      end

      # What speaks against a high confidence besides the numbers.
      def doubts
        [("only caches of calls hold it, each until another object is used there" if cached?),
         ("the dumps do not say where methods are written: loading code makes some, too" if bare?)]
          .compact
      end

      # Whether these are methods in a dump that does not have their places.
      def bare?
        outer.node.kind == "ment" && outer.way.steps.last.edge&.kind == :reference
      end

      # How good the path to the objects is (Symbol, one of Snapshot::Path::RANKS).
      def rank
        Snapshot::Path::RANKS[@raw[:parts].first[:rank]]
      end

      # Whether only caches of code hold them.
      def cached?
        rank == :cache
      end

      # Whether the objects hold each other, as the elements of a list do.
      def chained?
        @raw[:chained] >= Rules::MOST * outer.counts.last
      end

      # Whether each of the objects is the only value of a variable that existed before. Containers
      # and lists can grow without bounds, but a variable is filled only once.
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
        return best if whole?(best.node) || (best.node.kind == "ment" && !cached?)

        inner = @inner.select { |part| inside?(part) }.min_by.with_index do |part, index|
          [@origins.rank(part.node), part.wrapped, index]
        end
        inner && (cached? || better?(inner, best)) ? inner : best
      end

      def rating(part)
        [@origins.rank(part.node), part.way.steps.last.edge&.kind == :key ? 1 : 0]
      end

      def better?(inner, best)
        @origins.rank(inner.node) < @origins.rank(best.node)
      end

      # Whether there are only wrappers between the inner part and the container: no class of the
      # application and none of WHOLE.
      def inside?(part)
        between = part.way.steps.last(part.wrapped + 1)[0...-1].map(&:node)
        between.none? { |node| whole?(node) || @origins.of_class(node) == :app }
      end

      # Whether an object is named itself. A singleton class is that of its object.
      def whole?(node)
        WHOLE.include?(Way.kind_word(node)) && !node.flag?(:singleton)
      end
    end
    private_constant :Growing
  end
end
