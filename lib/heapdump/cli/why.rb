# frozen_string_literal: true

require_relative "reading"

module HeapDump
  module CLI
    # Who holds an object, or the objects of a class.
    class Why < Reading
      usage "FILE 0xADDRESS|CLASS"
      limit 5
      details <<~TEXT
        A path begins at a constant, global variable or another root and names every reference on the
        way. Those through names of the application come first, then stacks, caches of the VM, and
        last the machine stack, which may hold by chance. For a class, a sample of its objects is
        grouped by the paths that hold them.
      TEXT

      def call(file, wanted)
        snapshot = open_snapshot(file)
        wanted.match?(/\A0x\h+\z/) ? of_object(snapshot, wanted) : of_class(snapshot, wanted)
        OK
      end

      private

      def options(parser)
        super
        @sample = 300
        parser.on("--sample N", Integer,
                  "look at N objects of a class (default #{@sample})") do |number|
          raise OptionParser::InvalidArgument, number.to_s unless number.positive?

          @sample = number
        end
        parser.on("--all", "also paths that share references with one before") { @all = true }
      end

      def of_object(snapshot, address)
        node = node_at(snapshot, address)
        paths = work(snapshot) { snapshot.paths(node, limit: limit) }
        return json_of_object(node, paths) if json?

        screen.line([:bold, Describe.title(node)], "  #{size_of(node)}")
        return screen.line("nothing holds it: it is garbage") if paths.empty?

        shown = @all ? paths : paths.select(&:disjoint?)
        shown.each.with_index(1) do |path, i|
          screen.blank
          screen.line("#{i}.", *note(path))
          show_path(path)
        end
        hidden(paths.size - shown.size)
      end

      # Most objects are also held by ways around: through caches of the VM, by way of a class.
      def hidden(number)
        return if number.zero?

        screen.blank
        paths = Terminal::Units.plural(number, "more path")
        screen.line([:dim, "#{paths} that end in the same way (--all shows all)"])
      end

      def json_of_object(node, paths)
        print_json(object: { **node_json(node), retained: node.retained_size },
                   reachable: node.reachable?, paths: paths.map { |path| path_json(path) })
      end

      def size_of(node)
        "#{bytes(node.memsize)}, retains #{bytes(node.retained_size)}"
      end

      def note(path)
        note = RANK_NOTES[path.rank]
        note ? [[:yellow, " #{note}"]] : []
      end

      # Groups of equal paths, most objects first.
      def of_class(snapshot, name)
        sample, groups = work(snapshot) { grouped(snapshot, name) }
        total, all, = snapshot.graph.find(nil, snapshot.classes_named(name), 0, false, 0, false)
        return json_of_class(name, total, all, sample, groups) if json?

        objects = Terminal::Units.plural(total, "object")
        screen.line([:bold, name], "  #{objects}, #{bytes(all)}#{garbage(total - sample.total)}")
        show_groups(sample, groups)
      end

      def show_groups(sample, groups)
        groups.first(limit).each.with_index(1) do |paths, i|
          screen.blank
          screen.line("#{i}. ", [:bold, share(paths, sample)], *note(paths.first))
          show_path(paths.first)
        end
        more(limit, groups.size)
      end

      def grouped(snapshot, name)
        sample = snapshot.sample(name, limit: @sample)
        paths = sample.map { |node| snapshot.path_to(node) }
        [sample, paths.group_by(&:signature).values.sort_by { |group| [-group.size, rank(group)] }]
      end

      def rank(group)
        Snapshot::Path::RANKS.index(group.first.rank)
      end

      def share(paths, sample)
        if whole?(sample)
          return "#{count(paths.size)} of #{Terminal::Units.plural(sample.total,
                                                                   "object")}"
        end

        "#{count(paths.size)} of #{count(sample.size)} objects " \
          "(sampled #{count(sample.size)} of #{count(sample.total)})"
      end

      def whole?(sample)
        sample.size == sample.total
      end

      def garbage(number)
        number.positive? ? "; #{count(number)} of them are garbage" : ""
      end

      def json_of_class(name, total, all, sample, groups)
        print_json(class: name, objects: total, bytes: all, garbage: total - sample.total,
                   sampled: sample.size,
                   groups: groups.first(limit).map do |paths|
                     { objects: paths.size, **path_json(paths.first) }
                   end, more_groups: [groups.size - limit, 0].max)
      end
    end
  end
end
