# frozen_string_literal: true

require_relative "class_tree"
require_relative "cutting"
require_relative "holders"
require_relative "in_json"
require_relative "path_lines"
require_relative "reading"
require_relative "versions"

module HeapDump
  module CLI
    # Shows who holds an object, or the objects of a class.
    class Why < Reading
      include ClassTree
      include Cutting
      include InJSON
      include PathLines

      usage "FILE ADDRESS|CLASS"
      limit 5
      # 2: of a class, all objects are looked at, not a sample of them
      SCHEMA_VERSION = 2
      details <<~TEXT
        A path begins at a constant, global variable or another root and names every reference on
        it. Those through names of the application come first, then stacks, caches of the VM, and
        last the machine stack, which may hold by chance. For a class, its objects are grouped by who
        holds them, with their size and the bytes that would be free if the objects of the group were,
        at least. With --tree, all paths are shown as one tree, whose steps lead through any element of
        an array or hash.
      TEXT

      PATHS = 3 # so many paths of one holder are shown
      private_constant :PATHS

      def call(file, wanted)
        snapshot = open_snapshot(file)
        if @cut then cut(snapshot, @cut, wanted)
        elsif address?(wanted) then of_object(snapshot, wanted)
        elsif @tree then tree_of_class(snapshot, wanted)
        else
          of_class(snapshot, wanted)
        end
        OK
      end

      private

      def options(parser)
        super
        parser.on("--cut ADDRESS", "what would be free if the reference from the object at ADDRESS",
                  "were cut") { |address| @cut = address }
        number_option(parser, "--tree N", 2..,
                      "of a class: the paths to all objects as a tree of N branches") do |number|
          @tree = number
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

      # The objects of a class: how many there are, the sum of their sizes, their retained size, how
      # many of them nothing in the dump holds, and who holds the others (Holders). If the dump is
      # not whole (+whole+ is false), it is not known whether these are garbage. +classes+ are the
      # classes of that name if there are several, or the only one is not the constant of its name
      # any more.
      Found = Struct.new(:objects, :bytes, :retained, :unheld, :holders, :whole, :classes)
      private_constant :Found

      def of_class(snapshot, name)
        found = work(snapshot) { look_for(snapshot, name) }
        return json_of_class(name, found) if json?

        headline(snapshot, name, found)
        holders = found.holders.list
        holders.first(limit).each.with_index(1) { |one, i| show_holder(found, one, i) }
        more(limit, holders.size)
        others(found.holders.others)
        show_classes(found.classes)
      end

      def look_for(snapshot, name)
        holders = Holders.of(snapshot, { class: name })
        merged = holders.merged
        live = merged.branches.first
        Found.new(live.objects + merged.garbage, live.bytes + merged.garbage_bytes, live.retained,
                  merged.garbage, holders, snapshot.whole, Versions.of(snapshot, name))
      end

      def others(number, indent = "")
        return unless number.positive?

        screen.line([:dim, "#{indent}#{Terminal::Units.plural(number, "object")} on further paths"])
      end

      def headline(snapshot, name, found)
        screen.line([:bold, Text.short(name, Describe::NAMED)],
                    "  #{Terminal::Units.plural(found.objects, "object")}, " \
                    "#{bytes(found.bytes)}#{retained(found)}#{garbage(found)}")
        return if found.objects.positive? || found.classes.any?

        why = Terminal::Shell.join("heapdump why", snapshot.path,
                                   snapshot.modules_named(name).first.to_s)
        screen.line("It has no objects of its own. `#{why}` shows who holds the class itself.")
      end

      # Shows the classes of one name, the present one first.
      def show_classes(classes)
        classes.each do |version|
          screen.blank
          screen.line([:bold, version.words], "  #{version.numbers}")
          version.holders.first(limit).each do |holder|
            screen.line("  #{count(holder.objects)} held by #{holder.words}",
                        *in_brackets(holder.ways.first.path))
            show_path(holder.ways.first.path)
          end
        end
      end

      def show_holder(found, holder, number)
        screen.blank
        share = "#{count(holder.objects)} of #{Terminal::Units.plural(found.objects, "object")}"
        screen.line("#{number}. ", [:bold, "#{share}, #{sizes(holder)}, held by #{holder.words}"],
                    *in_brackets(holder.ways.first.path))
        show_ways(holder, @all ? holder.ways.size : PATHS)
        others(holder.others, "  ")
      end

      def show_ways(holder, most)
        holder.ways.first(most).each do |way|
          screen.line("  #{count(way.objects)} of them, #{sizes(way)}:") if holder.ways.size > 1
          show_path(way.path)
        end
        more_ways(holder.ways.size - most)
      end

      def sizes(group)
        "#{bytes(group.bytes)}, retain #{bytes(group.retained)}"
      end

      def more_ways(number)
        return unless number.positive?

        screen.line([:dim, "  #{Terminal::Units.plural(number, "more path")} (--all shows all)"])
      end

      # The retained size, nil if nothing in a dump that is not whole holds any of them.
      def measured(found)
        return if found.whole == false && found.objects.positive? && found.unheld == found.objects

        found.retained
      end

      def retained(found)
        size = measured(found)
        size ? "; retain #{bytes(size)}" : ""
      end

      def garbage(found)
        number = found.unheld
        return "" if number.zero?
        return "; #{count(number)} of them are garbage" unless found.whole == false

        "; who holds #{count(number)} of them is not known, nor whether they are garbage: " \
          "#{NOT_WHOLE}"
      end

      def json_of_class(name, found)
        print_json(class: name, objects: found.objects, bytes: found.bytes,
                   retained: measured(found), whole: found.whole,
                   garbage: found.whole == false ? nil : found.unheld,
                   classes: found.classes.map(&:to_h), **holders_json(found.holders.list),
                   **groups_json(found.holders.list.flat_map(&:ways)),
                   others: found.holders.others)
      end

      def holders_json(holders)
        { holders: holders.first(limit).map { |one| holder_json(one) },
          more_holders: [holders.size - limit, 0].max }
      end

      # The paths of all holders.
      def groups_json(ways)
        ways = ways.sort_by.with_index { |way, i| [-way.objects, i] }
        { groups: ways.first(limit).map do |way|
          { objects: way.objects, bytes: way.bytes, retained: way.retained,
            **noted_json(way.path, best: true) }
        end, more_groups: [ways.size - limit, 0].max }
      end

      def holder_json(holder)
        { holder: holder.words, objects: holder.objects, bytes: holder.bytes,
          retained: holder.retained, others: holder.others, ways: holder.ways.size,
          text: holder.ways.first.path.to_s }
      end
    end
  end
end
