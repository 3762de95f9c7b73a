# frozen_string_literal: true

require_relative "../snapshot"
require_relative "../terminal"
require_relative "command"
require_relative "figures"

module HeapDump
  module CLI
    # What all commands that read dumps have in common: they open dumps, with progress and warnings,
    # and find the object that an argument names. All output goes through #screen or #print_json, so
    # that no text from a heap reaches the terminal unchecked.
    class Reading < Command
      include Figures

      Describe = Snapshot::Describe
      Table = Terminal::Table
      Text = Terminal::Text

      private

      NOT_TRACED = "Not in this dump: allocations were not traced. Dump within " \
                   "HeapDump.trace_allocations { … } to have them."
      private_constant :NOT_TRACED

      # Overridden by commands with options of their own, which call super.
      def options(parser)
        parser.on("--strict", "an error where the dump is damaged or not whole, instead of",
                  "a warning") { @strict = true }
        parser.on("--no-index", "neither use nor write FILE.hdidx, from which a large dump",
                  "opens at once next time") { @index = false }
      end

      # Commands that take several dumps also take directories of dumps.
      SEVERAL = %w[diff leaks report].freeze
      private_constant :SEVERAL

      def arguments(rest)
        return rest unless several?

        found = Snapshot::Directory.expand(rest)
        Snapshot::Directory.left_out(rest).each { |text| say(text) }
        found
      end

      def several?
        SEVERAL.include?(self.class.command_name)
      end

      def check_number(arguments)
        return super unless several? && arguments.size == 1 && needs_two?

        raise UsageError, "two dumps or more are needed, and #{Text.valid(arguments.first)} is " \
                          "one; #{hint}"
      end

      # Raises UsageError for more dumps than can be compared.
      def check_most(files)
        most = HeapDump::Leaks::MOST_DUMPS
        return if files.size <= most

        raise UsageError, "#{files.size} dumps are too many: #{most} can be compared; give " \
                          "fewer, the first and the last among them"
      end

      def needs_two?
        method(:call).parameters.count { |kind, _name| kind == :req } > 1
      end

      # Opens a dump; what is wrong with it goes to standard error.
      def open_snapshot(path)
        if File.directory?(path)
          path, newest = [path, Snapshot::Directory.dumps(path).last].map { |one| Text.valid(one) }
          raise Error, "#{path} is a directory; give one of its dumps, the newest is #{newest}"
        end

        snapshot = Snapshot.new(path, index: @index.nil? ? :auto : @index, strict: @strict || false)
        work(snapshot) { snapshot.load }
        snapshot.warnings.each { |warning| warn_of(snapshot.path, warning) }
        snapshot
      end

      # An address as people copy it, with 0x or without. (Names of classes begin with a capital
      # letter.)
      ADDRESS = /\A(?:0x\h{1,16}|[0-9a-f]\h{0,15})\z/i
      private_constant :ADDRESS

      def address?(text)
        text.match?(ADDRESS) && !text.match?(/\A[A-F]/)
      end

      # The object that an argument names. If the argument is the name of a class, its objects are
      # probably wanted, so that raises a UsageError with advice.
      def node_at(snapshot, address)
        point_to_class(snapshot, address) unless address?(address)
        address = "0x#{address.delete_prefix("0x").delete_prefix("0X")}" if address?(address)
        snapshot.to_node(address.downcase)
      rescue ArgumentError => e
        raise UsageError, e.message
      end

      # Handles an argument that begins with a capital letter, because it may be the name of a
      # class. Raises NotFound if the dump has no such class, else UsageError, which says how to
      # find its objects.
      def point_to_class(snapshot, name)
        return unless name.match?(/\A\p{Upper}/)

        snapshot.classes_named(name)
        find = Terminal::Shell.join("heapdump find", snapshot.path, "--class", name)
        why = Terminal::Shell.join("heapdump why", snapshot.path, name)
        raise UsageError, "#{Text.short(name, Describe::NAMED)} is a class, give an address: " \
                          "`#{find}` lists its objects, `#{why}` shows who holds them"
      end

      # Whether what seems to be held by nothing is garbage. In a dump that is damaged or not whole
      # its holder may be in the part that is lost.
      def garbage_known?(snapshot)
        snapshot.whole != false
      end

      # Says below a list of strings why their contents are not shown.
      def without_contents(snapshot)
        return unless snapshot.header["strings"] == "hash"

        screen.line([:dim, "The contents are not in the dump: it was taken with strings: :hash."])
      end

      NOT_WHOLE = "the dump is damaged or not whole"
      private_constant :NOT_WHOLE

      # Whether an object is held: true or false, nil if that is not known.
      def held(snapshot, node)
        node.reachable? || (garbage_known?(snapshot) ? false : nil)
      end

      # Its retained size (Integer), nil if that is not known.
      def retained_of(snapshot, node)
        held(snapshot, node).nil? ? nil : node.retained_size
      end

      # Runs the block; if it takes long, standard error shows how far it is, with the first of the
      # snapshots that is being looked at.
      def work(*snapshots, &)
        figures = -> { snapshots.lazy.filter_map(&:progress).first }
        Terminal::Progress.new(err).during(figures, &)
      end

      def warn_of(path, warning)
        say("warning: #{path}: #{warning}")
      end

      # Says something on standard error.
      def say(text)
        err.puts Text.safe("heapdump: #{text}")
      end
    end
  end
end
