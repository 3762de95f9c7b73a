# frozen_string_literal: true

module HeapDump
  module Testing
    # Objects of one class that live on and are held in the same way, as plain data.
    #
    # class_name:: their class
    # number::     how many they are
    # place::      where one of them was made ("app.rb:61"), nil if that is not known
    # path::       the path to that one (Array of String)
    # names::      the names of modules and classes on that path (Array of String)
    Lives = Struct.new(:class_name, :number, :place, :path, :names, keyword_init: true) do
      def concerns?(name) # :nodoc:
        class_name == name || names.include?(name)
      end

      # Those of some nodes of a dump that the program holds (Array of Lives), the most first.
      # +born+ says whether a Node was made by the block.
      def self.of(snapshot, nodes, &born) # :nodoc:
        held = nodes.filter_map do |node|
          path = snapshot.path_to(node)
          [node, path] if path && Living::HELD.include?(path.rank) && !by_chance?(path)
        end
        groups = held.group_by { |node, path| [node.class_name, path.signature] }.values
        groups.map { |group| of_group(*group.first, group.size, born) }
              .sort_by.with_index { |lives, at| [-lives.number, at] }
      end

      # Whether the path leads over a word of a stack in use, to which no frame gives a name:
      # it was left there by a call that has returned. (What a fiber waits with is no such word.)
      def self.by_chance?(path)
        from = path.root
        path.steps.any? do |step|
          word = step.edge.kind == :reference && from.kin == :stack &&
                 %w[run resumed].include?(from.field("status"))
          from = step.node
          word && from.type != "DATA" # the block of a thread is one
        end
      end
      private_class_method :by_chance?

      def self.of_group(node, path, number, born) # :nodoc:
        lines = PathLines.of_path(path) do |before, behind|
          "the block has made this" if born.call(behind) && !born.call(before)
        end
        names = PathLines.names(path.root, path.steps)
        place = node.location && Snapshot::Places.short(node.location)
        new(class_name: Terminal::Text.safe(node.class_name.to_s), number: number, path: lines,
            place: place && Testing.here(Terminal::Text.safe(place)), names: names)
      end
      private_class_method :of_group
    end
  end
end
