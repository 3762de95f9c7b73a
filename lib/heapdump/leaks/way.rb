# frozen_string_literal: true

require_relative "signature"

module HeapDump
  class Leaks
    # The path to an object of the last dump: from a root, edge by edge. Frozen.
    #
    #   way = suspect.path
    #   way.steps.last.edge.to_s # => "[\"k808\"]"
    #   way.target.words         # => "Shop::Session"
    class Way
      # An edge (Snapshot::Edge, nil for the first step) and the node that it leads to
      # (Snapshot::Node).
      Step = Struct.new(:edge, :node)

      # From the root on (Array of Step).
      attr_reader :steps

      # Makes a Way of +flat+, which HeapDump::Growth#way returns.
      def self.decode(snapshot, flat) # :nodoc:
        first, *rest = flat
        steps = [Step.new(nil, snapshot.node(first)).freeze]
        rest.each_slice(2) do |name, number|
          node = snapshot.node(number)
          edge = Snapshot::Edge.decode(snapshot, name)
          steps << Step.new(edge, node).freeze unless left_out?(edge, node)
        end
        new(steps)
      end

      # Whether a step is left out. It is if it leads to an object in which Ruby 4.0 stores instance
      # variables, because the variables belong to their owner, or to a buffer that arrays share,
      # because the elements belong to the array.
      def self.left_out?(edge, node) # :nodoc:
        (node.type == "IMEMO" && node.kind == "fields") || shared_buffer?(edge, node)
      end

      def self.shared_buffer?(edge, node) # :nodoc:
        node.type == "ARRAY" && edge.kind == :field && edge.name == "shared_root"
      end

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

      # This path with one step more.
      def to(edge, node) # :nodoc:
        Way.new([*steps, Step.new(edge, node).freeze])
      end

      # The steps that are shown (Array of Step): from the last named module, thread or root before
      # the object on. The steps before that say nothing.
      #
      #   way.told.map { |step| step.node.words } # => ["Shop (module)", "Hash of 800", "Shop::Session"]
      def told
        first = steps[0...-1].rindex { |step| Signature.anchor?(step.node) } || 0
        steps.drop(first)
      end

      # A text that is the same for all paths that differ only in indexes, keys, digits in names,
      # and lines, also in other dumps and mostly on other Rubies. With +any_name+, the name of the
      # last edge makes no difference either.
      def signature(class_name, any_name: false) # :nodoc:
        anchor, *rest = told
        words = told.each_cons(2).reduce([]) do |all, (from, step)|
          Signature.follow(all, from.node, step.edge, step.node)
        end
        words = Signature.without_last_name(words, rest.last.edge) if any_name && rest.any?
        Signature.of(anchor.node, words, class_name)
      end

      # What the command writes as JSON (Array of Hash, one for each step): +:edge+ in words,
      # +:class+ and +:address+ (String, nil for a root) of the object.
      #
      #   way.to_a.last # => {edge: "[\"k808\"]", class: "Shop::Session", address: "0x7f10a2b3c4d8"}
      def to_a
        steps.map do |step|
          { edge: step.edge ? edge_text(step.edge) : nil, class: class_word(step.node),
            address: step.node.address && step.node.to_s }
        end
      end

      # The class that a suspect names: "Class" for classes, "method" for entries of a method table.
      def self.kind_word(node) # :nodoc:
        return node.type.capitalize if node.module?

        node.kind == "ment" ? "method" : class_word(node)
      end

      # The class of an object, or another word if it has none; a class or module by its own name.
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

      def edge_text(edge)
        [edge.frame, edge.to_s].compact.join(" ")
      end
    end
  end
end
