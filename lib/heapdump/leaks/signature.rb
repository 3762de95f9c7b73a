# frozen_string_literal: true

require "digest/sha1"

module HeapDump
  class Leaks
    # What of a path is the same in other dumps, and mostly on other Rubies: words for its steps,
    # without indexes, keys, numbers in names, lines, and where gems are installed. Where a step has
    # occurred before, the words behind it are dropped, so the depth in a list or tree makes no
    # difference.
    module Signature # :nodoc:
      ELEMENTS = %i[index key value value_at value_int].freeze
      NAMELESS = [*ELEMENTS, :reference].freeze
      DIGITS = 16
      # A number in a name: a hexadecimal word is one, too (number_at in growth_steps.c).
      NUMBER = /(?=[a-f]*\d)[0-9a-f]{8,}|\d+/
      DEEPEST = 100 # classes above another
      private_constant :ELEMENTS, :NAMELESS, :DIGITS, :NUMBER, :DEEPEST

      module_function

      # The signature (String): that of the node where the path begins, of the folded +words+ behind
      # it, and of the class of what it leads to.
      def of(anchor, words, class_name)
        words = [node_word(anchor), *words, fold(class_name)]
        Digest::SHA1.hexdigest(words.join("\n"))[0, DIGITS]
      end

      # Whether a path may begin at this node: the steps before it say nothing.
      def anchor?(node)
        (node.module? && node.name && !node.flag?(:singleton)) ||
          node.stack? || node.root?
      end

      # Folded words (Array) with one step more (a new Array), which leads from one node to another.
      # Since Ruby 4.0 a Set has its elements itself, so before that the way to its Hash is no step.
      # A step that has occurred before leads back to where it did. For elements and references
      # without a name, two steps in a row have to occur again, as in the reader in C
      # (growth_trails.h). Each module has a way of its own, so the numbers in its name count.
      def follow(words, from, edge, node)
        return words if edge.kind == :ivar && edge.name == "@hash" && set?(from)

        name = node_word(node)
        word = "#{edge_word(edge)} #{node.module? ? name : fold(name)}"
        nameless = NAMELESS.include?(edge.kind)
        at = (words.size - 1).downto(0).find do |i|
          words[i] == word && (!nameless || (i.positive? && words[i - 1] == words.last))
        end
        at ? words[0..at] : [*words, word]
      end

      # The words for paths that differ only in the name of the last step as well.
      def without_last_name(words, edge)
        [*words[0...-1], edge.kind.to_s]
      end

      def edge_word(edge)
        return "[]" if ELEMENTS.include?(edge.kind)

        frame = edge.frame && Snapshot::Describe.frame_label(edge.frame)
        fold([edge.kind, frame, edge.name].compact.join(" "))
      end

      # Whether an object is a Set, also of a class of the program. No dump is trusted: superclasses
      # may lead round.
      def set?(node)
        DEEPEST.times.reduce(node.class_node) do |klass, _|
          break if klass.nil?
          return true if klass.name == "Set"

          klass.field("superclass", String)&.then { |address| klass.related(address) }
        end
        false
      end

      # A text whose numbers are those of any other text.
      def fold(text)
        text.gsub(NUMBER, "#")
      end

      def node_word(node)
        return "hidden" if node.type == "ARRAY" && node.class_name.nil?

        Way.class_word(node)
      end
      private_class_method :edge_word, :set?, :fold, :node_word
    end
  end
end
