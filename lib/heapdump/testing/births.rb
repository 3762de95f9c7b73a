# frozen_string_literal: true

module HeapDump
  module Testing
    # Objects of some classes that a block makes, and that are held when it has ended.
    #
    #   births = Births.of("visit", [Shop::Session]) { visit }
    #   births.live?              # => true
    #   births.lives.first.number # => 1
    class Births < Living
      MOST = 10_000 # objects of a class that are looked at
      OURS = File.expand_path("..", __dir__) + File::SEPARATOR
      private_constant :MOST, :OURS

      # Returns a Births. The arguments are those of ::new; raises what that and #run raise.
      def self.of(label, classes, **options, &block)
        new(label, classes, **options).run(block)
      end

      # +classes+ are classes or modules with a name, or their names; objects of subclasses count
      # too. The block runs +warmup+ times before it is watched. Raises ArgumentError for wrong
      # arguments.
      def initialize(label, classes, warmup: nil, ignore: {})
        super(label, ignore)
        raise ArgumentError, "name the classes whose objects are to be released" if classes.empty?

        @classes = classes.map { |one| Ignored.name(one) }
        @warmup = Plan.new(warmup: warmup).warmup
      end

      private

      # Objects that are made from here on are younger than all others: a GC has come between.
      def look(work)
        @warmup.times { call(work) }
        GC.start
        generation = GC.count
        classes = @classes
        HeapDump.trace_allocations do
          call(work)
          read_dump { |path| Apart.run { Births.lives(path, classes, generation) } }
        end
      end

      def call(work)
        work.call
        nil
      end

      def head
        "#{count} #{@classes.join(" or ")} made by the block #{verb} on when it has ended, " \
          "expected: none."
      end

      class << self
        # Those of a dump (Array of Lives).
        def lives(path, classes, generation) # :nodoc:
          snapshot = Snapshot.open(path, index: false)
          nodes = classes.flat_map { |name| objects(snapshot, name) }.uniq(&:id)
          born = ->(node) { node.generation.to_i >= generation }
          Lives.of(snapshot, nodes.select { |node| born.call(node) && !ours?(node) }, &born)
        end

        private

        # Whether the code that makes the dump has made it.
        def ours?(node)
          node.location.to_s.start_with?(OURS)
        end

        # None if no class has this name yet.
        def objects(snapshot, name)
          snapshot.find(where: "is_a = #{name}", limit: MOST).to_a
        rescue NotFound
          []
        end
      end
    end
  end
end
