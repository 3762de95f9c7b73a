# frozen_string_literal: true

require "digest"

module HeapDump
  class Leaks
    # How an object of the last dump is held: from a root, edge by edge. Frozen.
    #
    #   way = suspect.path
    #   way.steps.last.edge.to_s # => "[\"k808\"]"
    #   way.target.words         # => "Shop::Session"
    class Way
      # An edge (Snapshot::Edge, nil for the first step) and the object that it leads to
      # (Snapshot::Node).
      Step = Struct.new(:edge, :node)

      # From the root on (Array of Step).
      attr_reader :steps

      # +flat+ is what HeapDump::Growth#way returns. What Ruby 4.0 keeps instance variables in is
      # left out: they are their owner's. So are buffers that arrays share: what is in them is the
      # array's.
      def self.decode(snapshot, flat) # :nodoc:
        first, *rest = flat
        steps = [Step.new(nil, snapshot.node(first)).freeze]
        rest.each_slice(2) do |name, number|
          node = snapshot.node(number)
          next if node.type == "IMEMO" && node.kind == "fields"

          edge = Snapshot::Edge.decode(snapshot, name)
          steps << Step.new(edge, node).freeze unless shared_buffer?(edge, node)
        end
        new(steps)
      end

      def self.shared_buffer?(edge, node)
        node.type == "ARRAY" && edge.kind == :field && edge.name == "shared_root"
      end
      private_class_method :shared_buffer?

      def initialize(steps) # :nodoc:
        @steps = steps.freeze
        freeze
      end

      # The object that is held (Snapshot::Node).
      #
      #   way.target.to_s # => "0x7f10a2b3c4d8"
      def target
        steps.last.node
      end

      # The way and one step more.
      def to(edge, node) # :nodoc:
        Way.new([*steps, Step.new(edge, node).freeze])
      end

      # The steps from the last named module, thread or root before the object on: what is before
      # that says nothing (Array of Step).
      #
      #   way.told.map { |step| step.node.words } # => ["Shop (module)", "Hash of 800", "Shop::Session"]
      def told
        first = steps[0...-1].rindex { |step| anchor?(step) } || 0
        steps.drop(first)
      end

      # The same for all ways that differ in nothing but indexes, keys, digits in names and lines,
      # also in other dumps and mostly on other Rubies. With +any_name+, the name of the last edge
      # is no difference either.
      def signature(class_name, any_name: false) # :nodoc:
        anchor, *rest = told
        words = fold(rest.map { |step| ["#{edge_word(step.edge)} #{node_word(step.node)}", step] })
        words[-1] = rest.last.edge.kind.to_s if any_name && rest.any?
        Digest::SHA1.hexdigest([node_word(anchor.node), *words, class_name].join("\n"))[0, 16]
      end

      # As the command writes it as JSON (Array of Hash, one for each step): +:edge+ in words,
      # +:class+ and +:address+ (String, nil for a root) of the object.
      #
      #   way.to_a.last # => {edge: "[\"k808\"]", class: "Shop::Session", address: "0x7f10a2b3c4d8"}
      def to_a
        steps.map do |step|
          { edge: step.edge ? edge_text(step.edge) : nil, class: class_word(step.node),
            address: step.node.address && step.node.to_s }
        end
      end

      # The class of what leaks: classes are Class, entries of a method table are methods.
      def self.kind_word(node) # :nodoc:
        return node.type.capitalize if %w[CLASS MODULE].include?(node.type)

        node.kind == "ment" ? "method" : class_word(node)
      end

      # What an object is: its class, or what there is instead; classes and modules by name.
      def self.class_word(node) # :nodoc:
        case node.type
        when "CLASS", "MODULE" then node.name || node.type.capitalize
        when "ROOT", "VIRTUAL_ROOT" then "root #{node.kind}".strip
        when "IMEMO" then "(#{node.kind})"
        else node.class_name || (node.kind ? "(#{node.kind})" : "(#{node.type.downcase})")
        end
      end

      private

      def class_word(node)
        Way.class_word(node)
      end

      def anchor?(step)
        node = step.node
        (%w[CLASS MODULE].include?(node.type) && node.name && !node.flag?(:singleton)) ||
          %w[VM/thread fiber].include?(node.kind) || node.root?
      end

      def edge_text(edge)
        [edge.frame, edge.to_s].compact.join(" ")
      end

      # How deep in a list or tree an object lies is no difference: a step that has occurred leads
      # back to where it did. Of elements and nameless references, two in a row have to occur again,
      # as in the reader (growth_trails.h).
      def fold(words)
        words.each_with_object([]) do |(word, step), all|
          at = all.index(word)
          nameless = NAMELESS.include?(step.edge.kind)
          again = at && (!nameless || (at.positive? && all[at - 1] == all.last))
          again ? all.slice!((at + 1)..) : all << word
        end
      end

      ELEMENTS = %i[index key value value_at value_int].freeze
      NAMELESS = [*ELEMENTS, :reference].freeze
      private_constant :ELEMENTS, :NAMELESS

      def edge_word(edge)
        return "" unless edge
        return "[]" if ELEMENTS.include?(edge.kind)

        [edge.kind, edge.frame&.sub(/:\d+\z/, ""), edge.name].compact.join(" ").gsub(/\d+/, "#")
      end

      def node_word(node)
        return "hidden" if node.type == "ARRAY" && node.class_name.nil?

        class_word(node)
      end
    end
  end
end
