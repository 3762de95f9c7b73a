# frozen_string_literal: true

require_relative "in_json"
require_relative "reading"

module HeapDump
  module CLI
    # Finds objects by class, type, content or size.
    class Find < Reading
      include InJSON

      usage "FILE [--class NAME] [--type TYPE] [--value TEXT] [--where CONDITIONS] …"
      limit 20
      SORTS = Snapshot::Search::SORTS
      details <<~TEXT
        Give an address to `heapdump why` or `show`.

        CONDITIONS are joined by "and":
          class = Name, is_a = Name      their class; is_a: or one of its subclasses
          type = STRING                  as in the dump
          size > 64k                     the size in bytes; also retained (bytes), objects (that would
                                         be free with it) and length, with = != < <= > >=
          flag = finalizer               also frozen, old, shared, singleton, error
          page = sparse                  on a page of the heap that is nearly empty
          proc = "app/bus.rb:9"          procs that are written there (`heapdump procs`)
          held_by = Name, holds = Name   an object of that class, or at that address, refers to it,
                                         or it to that directly
          @state == :open                an instance variable: a :symbol, "text", number, true, false,
                                         nil or address; numbers also with < <= > >=, texts and
                                         symbols also with =~ /text/i and !~
      TEXT

      def call(file)
        snapshot = open_snapshot(file)
        if @wanted.empty?
          raise UsageError, "say what to find: --class, --type, --value, --min-size or --where"
        end

        check_contents(snapshot)
        found = work(snapshot) do
          snapshot.find(**@wanted, sort: @sort, limit: limit, offset: @offset)
        end
        json? ? json(snapshot, found) : show(snapshot, found)
        OK
      rescue ArgumentError => e
        raise UsageError, e.message
      end

      private

      # Warns if the dump has only the first bytes of each string, because the rest cannot be found.
      def check_contents(snapshot)
        texts = @wanted[:where] && Snapshot::Where.parse(@wanted[:where]).any?(&:text?)
        return unless @wanted[:value] || texts

        kept = snapshot.header["strings"]
        return unless kept.is_a?(Integer)

        warn_of(snapshot.path, "of each string the first #{count(kept)} bytes are in the dump " \
                               "(strings: #{kept}): only those are looked at")
      end

      def show(snapshot, found)
        table = Table.new(%w[retained bytes address object], right: 2)
        found.each do |node|
          table.row(retained(snapshot, node), bytes(node.memsize), node.to_s,
                    [Describe.node(node), place(node)].compact.join("  "))
        end
        screen.line("#{count(found.total)} found")
        screen.table(table) unless table.empty?
        rest(found)
        without_objects(snapshot)
      end

      def place(node)
        node.location && Snapshot::Places.short(node.location)
      end

      # Somebody who looks for a class that was loaded again wants to see the classes.
      def without_objects(snapshot)
        name = @wanted[:class] or return
        classes = snapshot.classes_named(name)
        return if snapshot.graph.find(classes: classes, limit: 0).first.positive?

        short = Text.short(name, Describe::NAMED)
        who = classes.size == 1 ? "#{short} has" : "#{count(classes.size)} classes #{short} have"
        why = Terminal::Shell.join("heapdump why", snapshot.path, name)
        screen.line("#{who} no objects; `#{why}` shows more.")
      end

      def rest(found)
        return more(found.size, found.total) if @offset.zero?

        return behind(found) if found.empty?

        shown = @offset + found.size
        return unless found.total > shown

        screen.line([:dim, "… #{count(found.total - shown)} more (--offset #{shown} goes on)"])
      end

      def behind(found)
        return if found.total.zero?

        screen.line([:dim, "--offset #{@offset} is behind the last"])
      end

      def retained(snapshot, node)
        case held(snapshot, node)
        when true then bytes(node.retained_size)
        when false then "garbage"
        else "unknown"
        end
      end

      def options(parser)
        super
        @wanted = {}
        parser.on("--class NAME", "objects of this class, not of its subclasses") do |name|
          @wanted[:class] = name
        end
        parser.on("--type TYPE", "STRING, HASH, DATA …") { |type| @wanted[:type] = type }
        parser.on("--value TEXT", "strings, symbols and regexps that contain it; /TEXT/ is a",
                  "regular expression") { |text| @wanted[:value] = pattern(text) }
        parser.on("--min-size BYTES",
                  "at least so large without what it holds (64k, 1M …)") do |text|
          @wanted[:min_size] = given_size(text)
        end
        parser.on("--where CONDITIONS", "see below") { |text| @wanted[:where] = text }
        options_of_list(parser)
      end

      def options_of_list(parser)
        @sort = :retained
        parser.on("--sort WORD", SORTS,
                  "#{SORTS.join(", ")}: what comes first (default retained)") do |word|
          @sort = word
        end
        @offset = 0
        number_option(parser, "--offset N", 0.., "skip N entries, 0 or more (default 0)") do |n|
          @offset = n
        end
      end

      def pattern(text)
        return text unless text.match?(%r{\A/.+/\z}m)

        Snapshot::Values.check_pattern(Regexp.new(text[1..-2]))
      rescue RegexpError => e
        raise OptionParser::InvalidArgument, e.message
      end

      def json(snapshot, found)
        print_json(total: found.total, objects: found.map do |node|
          { **node_json(node), retained: retained_of(snapshot, node),
                               reachable: held(snapshot, node),
                               location: node.location, generation: node.generation }
        end)
      end
    end
  end
end
