# frozen_string_literal: true

module HeapDump
  module Testing
    # What is said of a test that fails: what grows, who holds it, where the dumps are, and what to
    # do.
    class Story # :nodoc:
      MOST = 3 # things that are told at length
      WITH = 5 # classes that grow with one
      private_constant :MOST, :WITH

      class << self
        # Of a Growth, its Demand and the Folder with its dumps.
        def of_growth(growth, demand, folder)
          new(folder).of_growth(growth, demand)
        end

        # Of objects that live on (Array of Lives) although a block has ended.
        def of_lives(lives, head, folder)
          new(folder).of_lives(lives, head)
        end
      end

      def initialize(folder)
        @folder = folder
      end

      def of_growth(growth, demand)
        grown = growth.accused
        lines = [*exceeded(grown, demand),
                 *grown.first(MOST).flat_map { |one| [*of_grown(one, growth), ""] },
                 *rest(grown.drop(MOST)) { |one| "#{one.class_name}, #{one.holder}" }]
        [*lines, *left_out(growth.left_out), *dumps, *advice].join("\n")
      end

      def of_lives(lives, head)
        lines = lives.first(MOST).flat_map { |one| [*indented(of_one(one)), ""] }
        more = rest(lives.drop(MOST)) { |one| "#{one.class_name}, #{one.path.first}" }
        [head, *lines, *more, *dumps].join("\n")
      end

      private

      # One line for each limit that is not kept.
      def exceeded(grown, demand)
        demand.limits.filter_map do |limit|
          sum = demand.sum(grown, limit)
          next if limit.kept?(sum)

          "The heap grows by #{count(sum)} #{limit.unit}, expected: #{limit.words}."
        end
      end

      def of_grown(grown, growth)
        [head(grown, growth), *indented([*grown.path, "held by   #{grown.holder}", *place(grown),
                                         sizes(grown), *with(grown), *grown.notes,
                                         "signature #{grown.signature}"])]
      end

      def of_one(lives)
        others = lives.number - 1
        [*lives.path, *("made at   #{lives.place}" if lives.place),
         *("and #{count(others)} more are held in the same way" if others.positive?)]
      end

      def head(grown, growth)
        counts = grown.counts.map { |number| count(number) }.join(" → ")
        runs = Terminal::Units.plural(growth.plan.loops, "run")
        "#{grown.class_name} grows: #{counts} #{grown.unit}, #{more(grown)} in each round of " \
          "#{runs} of #{growth.work}"
      end

      # How many more there are in each round, if that is always the same.
      def more(grown)
        steps = grown.counts.each_cons(2).map { |before, after| after - before }
        steps.uniq.size == 1 ? "#{count(steps.first)} more" : "more"
      end

      PLACE = /\A(?:added by|declared|running at) /
      private_constant :PLACE

      def place(grown)
        word = grown.place&.[](PLACE) or return []
        label = word.strip.sub("running", "runs").ljust(9)
        ["#{label} #{grown.place.delete_prefix(word)}"]
      end

      def sizes(grown)
        sizes = grown.retained.map { |size| Terminal::Units.bytes(size) }.join(" → ")
        "retains   #{sizes}"
      end

      def with(grown)
        return [] if grown.with.empty?

        more = grown.with.size - WITH
        ["with it   #{[*grown.with.first(WITH), *("#{more} more" if more.positive?)].join("; ")}"]
      end

      def rest(others)
        return [] if others.empty?

        told = others.first(MOST * 3).map { |one| "  #{yield one}" }
        left = others.size - told.size
        ["And #{count(others.size)} more:", *told, *("  …" if left.positive?)]
      end

      def left_out(reasons)
        reasons.map { |what, reason| "Not counted: #{what} (#{reason})" }
      end

      def dumps
        ["Dumps are kept in #{@folder.told}; look: heapdump ui #{@folder.pattern}"]
      end

      def advice
        ["If it is known, add its signature to #{known} with a reason."]
      end

      def known
        Testing.here(Testing.settings.known)
      end

      def indented(lines)
        lines.map { |line| line.empty? ? line : "  #{line}" }
      end

      def count(number)
        Terminal::Units.count(number)
      end
    end
  end
end
