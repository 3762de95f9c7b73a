# frozen_string_literal: true

require "json"

module HeapDump
  class Snapshot
    # Live procs that are written at one place: a block at one line, or the method of which they
    # were made. Frozen.
    #
    # place::    file and line (String), "/srv/app/bus.rb:9"
    # label::    the code as Ruby names it (String), "block in subscribe"; nil if it is not known
    # procs::    how many there are
    # bytes::    the sum of their sizes
    # retained:: what they dominate together, in bytes: at least so much do they retain
    # example::  one of them (Node)
    # owners::   who holds them by their best paths, the most frequent first: [words (String), how
    #            many of +sampled+]
    # sampled::  for how many of them the owners were looked up
    ProcPlace = Struct.new(:place, :label, :procs, :bytes, :retained, :example, :owners,
                           :sampled) do
      # The holders in words (String): "Bus#@subscribers […] (98 of 100), Hash […]".
      #
      #   snapshot.procs.first.held_by # => "Bus#@subscribers […]"
      def held_by
        owners.map do |owner, number|
          number == sampled ? owner : "#{owner} (#{number} of #{sampled})"
        end.join(", ")
      end

      def inspect # :nodoc:
        "#<#{self.class} #{procs} of #{place} retained #{retained}>"
      end
    end

    # The live procs of a dump by the places where they are written: a listener or callback that is
    # registered again and again is many procs of one place. Frozen, Enumerable: it yields each
    # ProcPlace, the one with most procs first.
    #
    #   procs = snapshot.procs(limit: 3)
    #   procs.first.place  # => "/srv/app/bus.rb:9"
    #   procs.first.procs  # => 3000
    #   procs.first.owners # => [["Bus#@subscribers […]", 50]]
    #   procs.live         # => 4512
    #   procs.placed       # => 4490
    #   procs.places       # => 812
    class Procs
      include Enumerable

      SAMPLE = 50 # procs of one place whose owners are looked up
      TOLD = 3    # owners of one place that are returned
      private_constant :SAMPLE, :TOLD

      # Number of live procs (Integer).
      attr_reader :live
      # How many of them are written at a place that is known (Integer). Those of symbols and of
      # functions in C have none, and a dump of ObjectSpace.dump_all does not say it of any.
      attr_reader :placed
      # How many different places these have (Integer).
      attr_reader :places
      # The places with most procs (Array of ProcPlace), at most as many as were asked for.
      attr_reader :items

      def self.of(snapshot, limit) # :nodoc:
        live, codes = snapshot.graph.proc_codes(true)
        written = Written.new(snapshot, codes)
        places, placed, groups = snapshot.graph.group_procs(*written.groups, limit, SAMPLE)
        new([live, placed, places], groups.map { |group| place(snapshot, written, group) })
      end

      # The numbers of all procs that are written at a place, garbage too, in ascending order: as
      # ProcPlace#place has it, or its short form. Raises NotFound if there is none.
      def self.at(snapshot, place) # :nodoc:
        _procs, codes = snapshot.graph.proc_codes(false)
        wanted = Written.new(snapshot, codes).at(place)
        return snapshot.graph.procs_of(wanted) unless wanted.empty?

        raise NotFound, "#{snapshot.path} has no proc that is written at #{place} " \
                        "(`heapdump procs` lists the places)"
      end

      def self.place(snapshot, written, (code, *figures, numbers)) # :nodoc:
        nodes = numbers.map { |number| snapshot.node(number) }
        owners = nodes.filter_map { |node| owner(snapshot, node) }.tally
        owners = owners.sort_by { |words, count| [-count, words] }.first(TOLD).freeze
        ProcPlace.new(written.place(code), snapshot.node(code).field("label"), *figures,
                      nodes.first, owners, nodes.size).freeze
      end

      # What holds a proc by its best path, in words: "Bus#@subscribers […]". The containers between
      # a variable and the proc are "[…]" each.
      def self.owner(snapshot, node)
        path = snapshot.path_to(node, around: AROUND) or return
        nodes = [path.root, *path.steps.map(&:node)]
        elements = []
        path.steps.each_with_index.reverse_each do |step, i|
          next if step.edge.name == "shared_root"

          holder = nodes[i].kind == "fields" && i.positive? ? nodes[i - 1] : nodes[i]
          element = Describe::ELEMENTS.include?(step.edge.kind)
          return [Describe.owner(holder, step.edge), *elements].join(" ") unless element

          elements << "[…]"
        end
        nil
      end
      AROUND = 12 # steps at each end of a long path
      private_constant :AROUND
      private_class_method :place, :owner

      def initialize(figures, items) # :nodoc:
        @live, @placed, @places = figures
        @items = items.freeze
        freeze
      end

      # Yields each of #items (ProcPlace).
      #
      #   procs.map(&:procs) # => [3000, 12, 4]
      def each(&)
        items.each(&)
      end

      # Number of #items (Integer).
      #
      #   procs.size # => 3
      def size
        items.size
      end

      def inspect # :nodoc:
        "#<#{self.class} #{size} of #{places}>"
      end

      # Where codes are written, by their lines in the dump.
      class Written # :nodoc:
        FILE = /"file":("(?:[^"\\]|\\.)*")/
        LINE = /"line":(\d+)/
        private_constant :FILE, :LINE

        # +codes+ are numbers of nodes in ascending order.
        def initialize(snapshot, codes)
          @snapshot = snapshot
          @places = codes.to_h { |code| [code, read(code)] }.compact
        end

        # The codes whose places are known, and for each of them the first with the same place.
        def groups
          first = {}
          groups = @places.map { |code, place| first[place] ||= code }
          [@places.keys, groups]
        end

        # The place of a code (String).
        def place(code)
          @places.fetch(code)
        end

        # The codes that are written at a place.
        def at(place)
          @places.filter_map do |code, other|
            code if [other, Places.short(other)].include?(place)
          end
        end

        private

        def read(code)
          text = @snapshot.text(code) or return
          file = text[FILE, 1]
          place = Places.of(file && JSON.parse(file), text[LINE, 1]&.to_i)
          @snapshot.place(place)
        rescue JSON::ParserError
          nil
        end
      end
      private_constant :Written
    end
  end
end
