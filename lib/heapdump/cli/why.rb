# frozen_string_literal: true

require_relative "holders"
require_relative "in_json"
require_relative "path_lines"
require_relative "reading"
require_relative "versions"

module HeapDump
  module CLI
    # Shows who holds an object, or the objects of a class.
    class Why < Reading
      include InJSON
      include PathLines

      usage "FILE ADDRESS|CLASS"
      limit 5
      details <<~TEXT
        A path begins at a constant, global variable or another root and names every reference on
        it. Those through names of the application come first, then stacks, caches of the VM, and
        last the machine stack, which may hold by chance. For a class, a sample of its objects is
        grouped by who holds them, with the bytes that would be free if the objects of the group were.
      TEXT

      PATHS = 3 # so many paths of one holder are shown
      private_constant :PATHS

      def call(file, wanted)
        snapshot = open_snapshot(file)
        address?(wanted) ? of_object(snapshot, wanted) : of_class(snapshot, wanted)
        OK
      end

      private

      def options(parser)
        super
        @sample = 300
        number_option(parser, "--sample N", 1..,
                      "look at N objects of a class, 1 or more (default #{@sample})") do |number|
          @sample = number
        end
        parser.on("--all", "also paths that share references with one before, and all paths of a",
                  "holder") { @all = true }
      end

      def of_object(snapshot, address)
        node = node_at(snapshot, address)
        paths = work(snapshot) { snapshot.paths(node, limit: limit, around: AROUND) }
        return json_of_object(snapshot, node, paths) if json?

        screen.line([:bold, Describe.title(node)], "  #{size_of(snapshot, node)}")
        show_shared(node)
        return screen.line(unheld(snapshot)) if paths.empty?

        show_paths(paths)
      end

      def show_paths(paths)
        shown = @all ? paths : paths.select(&:disjoint?)
        shown.each.with_index(1) do |path, i|
          screen.blank
          screen.line("#{i}.", *note(path, best: best?(path, paths)))
          show_path(path)
        end
        hidden(paths.size - shown.size)
      end

      # A slice keeps the whole buffer, which its path does not show.
      def show_shared(node)
        shared = Snapshot::Shared.of(node)
        return unless shared&.much?

        used = shared.used_words
        screen.line("#{used ? "its #{used} share" : "it shares"} #{shared.words} #{shared.root}, " \
                    "all of which it holds")
      end

      def unheld(snapshot)
        return "nothing holds it: it is garbage" if garbage_known?(snapshot)

        "who holds it is not known, nor whether it is garbage: #{NOT_WHOLE}"
      end

      # Says how many paths are not shown. Most objects are also held on detours: through caches of
      # the VM, or by way of a class.
      def hidden(number)
        return if number.zero?

        screen.blank
        paths = Terminal::Units.plural(number, "more path")
        screen.line([:dim, "#{paths} that end in the same references (--all shows all)"])
      end

      def json_of_object(snapshot, node, paths)
        print_json(object: { **node_json(node), retained: retained_of(snapshot, node) },
                   reachable: held(snapshot, node), whole: snapshot.whole,
                   paths: paths.map { |path| noted_json(path, best: best?(path, paths)) })
      end

      # Whether no path to the object is better.
      def best?(path, paths)
        path.rank == paths.first.rank
      end

      # A path with the note that the screen shows, nil if there is none.
      def noted_json(path, best:)
        { **path_json(path), note: note_of(path, best: best) }
      end

      def size_of(snapshot, node)
        retained = retained_of(snapshot, node)
        "#{bytes(node.memsize)}#{", retains #{bytes(retained)}" if retained}"
      end

      # The objects of a class: how many there are, the sum of their sizes, their retained size, a
      # sample of them, and the holders of the sample.
      # If the dump is not whole (+whole+ is false), it is not known whether the others are garbage.
      # +classes+ are the classes of that name if there are several, or the only one is not the
      # constant of its name any more.
      Found = Struct.new(:objects, :bytes, :retained, :sample, :holders, :whole, :classes)
      private_constant :Found

      def of_class(snapshot, name)
        found = work(snapshot) { look_for(snapshot, name) }
        return json_of_class(name, found) if json?

        headline(snapshot, name, found)
        found.holders.first(limit).each.with_index(1) { |one, i| show_holder(found, one, i) }
        more(limit, found.holders.size)
        show_classes(found.classes)
      end

      def look_for(snapshot, name)
        objects, bytes, = snapshot.graph.find(classes: snapshot.classes_named(name), limit: 0)
        rows = snapshot.histogram(by: :class).select { |row| row.key == name }
        sample = snapshot.sample(name, limit: @sample)
        holders = Holders.of(snapshot, sample)
        holders.first(limit).each(&:measure)
        Found.new(objects, bytes, rows.sum(&:retained), sample, holders, snapshot.whole,
                  Versions.of(snapshot, name))
      end

      def headline(snapshot, name, found)
        screen.line([:bold, Text.short(name, Describe::NAMED)],
                    "  #{Terminal::Units.plural(found.objects, "object")}, " \
                    "#{bytes(found.bytes)}#{retained(found)}#{garbage(found)}")
        return if found.objects.positive?

        screen.line("It has no objects of its own. `heapdump why #{snapshot.path} " \
                    "#{snapshot.modules_named(name).first}` shows who holds the class itself.")
      end

      # Shows the classes of one name, the present one first.
      def show_classes(classes)
        classes.each do |version|
          screen.blank
          screen.line([:bold, version.words], "  #{version.numbers}")
          version.holders.first(limit).each do |holder|
            screen.line("  #{count(holder.nodes.size)} held by #{holder.words}",
                        *note(holder.ways.first.path, best: true))
            show_path(holder.ways.first.path)
          end
        end
      end

      def show_holder(found, holder, number)
        screen.blank
        share = share(holder, found.sample)
        screen.line("#{number}. ", [:bold, "#{share}, held by #{holder.words}"],
                    *note(holder.ways.first.path, best: true))
        shown = @all ? holder.ways : holder.ways.first(PATHS)
        shown.each do |way|
          screen.line("  #{count(way.nodes.size)} of them:") if holder.ways.size > 1
          show_path(way.path)
        end
        more_ways(holder.ways.size - shown.size)
      end

      def more_ways(number)
        return unless number.positive?

        screen.line([:dim, "  #{Terminal::Units.plural(number, "more path")} (--all shows all)"])
      end

      def share(group, sample)
        "#{of_how_many(group, sample)}, retain #{bytes(group.retained)}"
      end

      def of_how_many(group, sample)
        number = count(group.nodes.size)
        if sample.size == sample.total
          return "#{number} of #{Terminal::Units.plural(sample.total, "object")}"
        end

        "#{number} of #{count(sample.size)} objects (sampled #{count(sample.size)} of " \
          "#{count(sample.total)})"
      end

      # How many of them nothing in the dump holds.
      def unheld_of(found)
        found.objects - found.sample.total
      end

      # The retained size, nil if nothing in a dump that is not whole holds any of them.
      def measured(found)
        return if found.whole == false && found.objects.positive? && found.sample.total.zero?

        found.retained
      end

      def retained(found)
        size = measured(found)
        size ? "; retain #{bytes(size)}" : ""
      end

      def garbage(found)
        number = unheld_of(found)
        return "" if number.zero?
        return "; #{count(number)} of them are garbage" unless found.whole == false

        "; who holds #{count(number)} of them is not known, nor whether they are garbage: " \
          "#{NOT_WHOLE}"
      end

      def json_of_class(name, found)
        print_json(class: name, objects: found.objects, bytes: found.bytes,
                   retained: measured(found), whole: found.whole,
                   garbage: found.whole == false ? nil : unheld_of(found),
                   sampled: found.sample.size, classes: found.classes.map(&:to_h),
                   **holders_json(found.holders),
                   **groups_json(found.holders.flat_map(&:ways)))
      end

      def holders_json(holders)
        { holders: holders.first(limit).map { |one| holder_json(one) },
          more_holders: [holders.size - limit, 0].max }
      end

      # The paths of all holders.
      def groups_json(ways)
        ways = ways.sort_by.with_index { |way, i| [-way.nodes.size, i] }
        { groups: ways.first(limit).map do |way|
          { objects: way.nodes.size, **noted_json(way.path, best: true) }
        end, more_groups: [ways.size - limit, 0].max }
      end

      def holder_json(holder)
        { holder: holder.words, objects: holder.nodes.size, retained: holder.retained,
          ways: holder.ways.size, text: holder.ways.first.path.to_s }
      end
    end
  end
end
