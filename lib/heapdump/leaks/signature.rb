# frozen_string_literal: true

require "digest/sha1"

module HeapDump
  class Leaks
    # What of a path is the same in other dumps, and mostly on other Rubies: words for its steps,
    # without indexes, keys, digits in names, and lines. Where a step has occurred before, the words
    # behind it are dropped, so the depth in a list or tree makes no difference.
    module Signature # :nodoc:
      ELEMENTS = %i[index key value value_at value_int].freeze
      NAMELESS = [*ELEMENTS, :reference].freeze
      STACKS = %w[VM/thread fiber].freeze
      DIGITS = 16
      private_constant :ELEMENTS, :NAMELESS, :STACKS, :DIGITS

      module_function

      # The signature (String): that of the node where the path begins, of the folded +words+ behind
      # it, and of the class of what it leads to.
      def of(anchor, words, class_name)
        Digest::SHA1.hexdigest([node_word(anchor), *words, class_name].join("\n"))[0, DIGITS]
      end

      # Whether a path may begin at this node: the steps before it say nothing.
      def anchor?(node)
        (node.module? && node.name && !node.flag?(:singleton)) ||
          STACKS.include?(node.kind) || node.root?
      end

      # Folded words (Array) with one step more (a new Array). A step that has occurred before leads
      # back to where it did. For elements and references without a name, two steps in a row have to
      # occur again, as in the reader in C (growth_trails.h).
      def follow(words, edge, node)
        word = "#{edge_word(edge)} #{node_word(node)}"
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

        [edge.kind, edge.frame&.sub(/:\d+\z/, ""), edge.name].compact.join(" ").gsub(/\d+/, "#")
      end

      def node_word(node)
        return "hidden" if node.type == "ARRAY" && node.class_name.nil?

        Way.class_word(node)
      end
      private_class_method :edge_word, :node_word
    end
  end
end
