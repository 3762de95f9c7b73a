# frozen_string_literal: true

require_relative "../snapshot"
require_relative "../terminal"
require_relative "command"
require_relative "directory"

module HeapDump
  module CLI
    # What the commands that read dumps have in common: opening them with progress and warnings, and
    # how objects are shown. Everything goes through #screen or #print_json, so that nothing from a
    # heap reaches the terminal as it is.
    class Reading < Command
      Describe = Snapshot::Describe
      Table = Terminal::Table
      Text = Terminal::Text

      # So many steps of a path are shown at its beginning and at its end.
      AROUND = 12

      # What a reader has to know of paths of a rank.
      RANK_NOTES = {
        named: nil,
        frame: "held by a thread: let go when it ends",
        root: "held by the VM itself",
        cache: "a cache of the VM: it holds, but is no cause",
        stack: "machine stack: may hold by chance"
      }.freeze

      private

      # Overridden by commands with options of their own, which call super.
      def options(parser)
        parser.on("--strict", "an error where the dump is damaged or not whole, instead of",
                  "a warning") { @strict = true }
        parser.on("--no-index", "neither use nor write FILE.hdidx, from which a large dump",
                  "opens at once next time") { @index = false }
      end

      # Commands that take several dumps take directories of them.
      SEVERAL = %w[diff leaks].freeze
      private_constant :SEVERAL

      def arguments(rest)
        return rest unless SEVERAL.include?(self.class.command_name)

        rest.flat_map { |path| File.directory?(path) ? Directory.dumps(path) : path }
      end

      # A dump that is read; what is wrong with it goes to standard error.
      def open_snapshot(path)
        if File.directory?(path)
          newest = Directory.dumps(path).last
          raise Error, "#{path} is a directory; give one of its dumps, the newest is #{newest}"
        end

        snapshot = Snapshot.new(path, index: @index.nil? ? :auto : @index, strict: @strict || false)
        work(snapshot) { snapshot.load }
        snapshot.warnings.each { |warning| warn_of(path, warning) }
        snapshot
      end

      # An address as people copy it, with 0x or without. Names of classes begin with a capital.
      ADDRESS = /\A(?:0x\h{1,16}|[0-9a-f]\h{0,15})\z/i
      private_constant :ADDRESS

      def address?(text)
        text.match?(ADDRESS) && !text.match?(/\A[A-F]/)
      end

      # The object that an argument names. Who names a class wants its objects.
      def node_at(snapshot, address)
        point_to_class(snapshot, address) unless address?(address)
        address = "0x#{address.delete_prefix("0x").delete_prefix("0X")}" if address?(address)
        snapshot.to_node(address.downcase)
      rescue ArgumentError => e
        raise UsageError, e.message
      end

      # What begins with a capital may be the name of a class. Raises NotFound where the dump has
      # none of it, and UsageError, which tells how its objects are found.
      def point_to_class(snapshot, name)
        return unless name.match?(/\A\p{Upper}/)

        snapshot.classes_named(name)
        raise UsageError, "#{Text.short(name, Describe::NAMED)} is a class, give an address: " \
                          "`heapdump find #{snapshot.path} --class #{name}` lists its objects, " \
                          "`heapdump why #{snapshot.path} #{name}` tells who holds them"
      end

      # Runs the block; if it takes long, says on standard error how far it is.
      def work(snapshot, &)
        Terminal::Progress.new(err).during(snapshot.method(:progress), &)
      end

      def warn_of(path, warning)
        err.puts Text.safe("heapdump: warning: #{path}: #{warning}")
      end

      def bytes(number)
        number ? Terminal::Units.bytes(number) : "-"
      end

      def count(number)
        number ? Terminal::Units.count(number) : "-"
      end

      def percent(part, whole)
        Terminal::Units.percent(part, whole)
      end

      # Says what a list leaves out.
      def more(shown, total, option = "--limit")
        return unless total > shown

        screen.line([:dim, "… #{count(total - shown)} more (#{option} #{total} shows all)"])
      end

      # A name in the dump's own words for JSON: nil stays nil.
      def node_json(node)
        { address: node.address && node.to_s, type: node.type, class: node.class_name,
          name: node.name, kind: node.kind, bytes: node.memsize,
          words: Describe.node(node) }.compact
      end

      # A string's content for JSON: what is no text is in Base64.
      def content_json(value)
        return { value: nil } if value.nil?
        return { value: value } if value.encoding == Encoding::UTF_8 && value.valid_encoding?

        { value_base64: [value].pack("m0") }
      end

      # Equal strings (Snapshot::Duplicate), for JSON.
      def duplicate_json(one)
        owners = one.owners.map { |owner, number| { owner: owner, count: number } }
        locations = one.locations.map { |place, number| { location: place, count: number } }
        content_json(one.value).merge(
          copies: one.copies, bytes: one.bytes, wasted: one.wasted, example: one.example.to_s,
          sampled: one.sampled, owners: owners, locations: locations
        )
      end

      def path_json(path)
        { rank: path.rank.to_s, root: path.root.kind, holder: node_json(path.holder),
          path: path.hops.map { |hop| hop_json(hop) }, left_out: path.left_out,
          signature: path.signature,
          text: path.to_s }
      end

      def hop_json(hop)
        { edge: hop.words, location: hop.place, **node_json(hop.node) }.compact
      end

      # The same where a path goes by way of a thread or fiber: by what that holds.
      STACK_NOTE = "on a stack: let go when the method returns"
      FRAME_NOTES = {
        frame: STACK_NOTE, frame_local: STACK_NOTE,
        fiber_local: "fiber-local: let go when its fiber ends or it is set to nil"
      }.freeze
      private_constant :STACK_NOTE, :FRAME_NOTES

      # What a reader has to know of a path; nil where that is nothing.
      def note_of(path)
        return RANK_NOTES[path.rank] unless path.rank == :frame

        note = FRAME_NOTES.values_at(*path.steps.map { |step| step.edge.kind }).compact.last
        note || (nameless_stack?(path) ? STACK_NOTE : RANK_NOTES[:frame])
      end

      # A dump without names of variables tells no more than that a thread holds it.
      def nameless_stack?(path)
        path.steps.each_cons(2).any? do |before, step|
          %w[VM/thread fiber].include?(before.node.kind) && step.edge.kind == :reference
        end
      end

      # The same as spans of a line.
      def note(path)
        note = note_of(path)
        note ? [[:yellow, " #{note}"]] : []
      end

      # The lines of a path, one for each hop. A block may say more of a node.
      def show_path(path)
        path.hops.each_with_index do |hop, i|
          words = [*hop.words, Describe.node(hop.node)].join(" → ")
          place = hop.place && [:dim, "  #{hop.place}"]
          address = hop.node.address && [:dim, "  #{hop.node}"]
          last = i == path.hops.size - 1
          more = block_given? ? yield(hop.node) : nil
          screen.line(*["  ", i.zero? ? "" : "→ ", [last ? :bold : nil, words], address, place,
                        more].compact)
        end
      end
    end
  end
end
