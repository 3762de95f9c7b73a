# frozen_string_literal: true

module HeapDump
  class Snapshot
    # What the other classes of the reader ask a snapshot for.
    module Internal # :nodoc:
      # Tells where an object comes from: the application, a gem, Ruby or the VM (Origins).
      def origins
        @origins ||= Origins.new(self)
      end

      # Tells which classes and modules are still the constants of their names (Constants).
      def constants
        @constants ||= Constants.new(self)
      end

      # Whether the header says that the dump has what this word of its +capabilities+ stands for.
      def capable?(word)
        Array.try_convert(header["capabilities"])&.include?(word) || false
      end

      # What Snapshot#modules_named returns, for those who ask for many names. The reader looks at
      # every node for a name; after a few names, all are looked up at once.
      def modules_of_name(name)
        @modules ||= {}
        return @modules[name] ||= modules_named(name) if @modules.size < FEW_NAMES

        @all_modules ||= modules_named(nil).group_by(&:name)
        @all_modules.fetch(name, [])
      end
      FEW_NAMES = 16
      private_constant :FEW_NAMES

      # What Snapshot#top leaves out with <tt>program: true</tt> (Aside).
      def aside
        @aside ||= Aside.of(self)
      end

      # As Snapshot#top: how many there are in all, and the numbers of a part of them.
      def top_numbers(offset, limit, program)
        program ? graph.program_top(offset, limit).first(2) : graph.top(true, offset, limit)
      end

      # The node with a number (Node#id).
      def node(number)
        Node.new(self, number)
      end

      # The line of a node as a Hash.
      def line(number)
        @lines.whole(number)
      end

      # The line of a node without long texts and long lists: see Node#brief.
      def brief(number)
        @lines.brief(number)
      end

      # This snapshot with all that is in the dump.
      def plain
        self
      end

      # A text of the graph, as the name of an edge, by its number.
      def string(number)
        graph.string(number)
      end

      # A place in the source, or nil, as it is shown.
      def place(text)
        text
      end

      # A key of a hash that is no object, as it is shown; nil if it is not.
      def key(key)
        key
      end

      # The path of the dump as an argument of a command.
      def argument
        Terminal::Shell.word(path)
      end

      # The line of a node as text, nil if it has no line.
      def text(number)
        graph.line(number)
      end
    end
    private_constant :Internal
  end
end
