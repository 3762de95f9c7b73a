# frozen_string_literal: true

module HeapDump
  class Leaks
    # What grew in one place while the number of objects stood still: a Content, Names or BareNames.
    # It has the same methods as Growing.
    class Standing
      # One object as an example (Node), and its path (Way).
      attr_reader :node, :way

      # +content+:: Content, Names or BareNames
      # +way+::     the path to its node
      # +bare+::    for BareNames, the edge from the node to a value that is no object
      # +turnover+:: the Turnover of what is counted; nil if it is unknown
      def initialize(content, way, origins, bare: nil, turnover: nil)
        @content = content
        @node = content.node
        @way = way
        @rank = origins.rank(node)
        @bare = bare
        @turnover = turnover
      end

      def facts
        signature = way.signature(class_word, any_name: names_of_objects?)
        { class_name: class_word, **numbers, path: way, signature: signature, company: [] }
      end

      def figures
        { **numbers, turnover: @turnover }
      end

      def remarks
        []
      end

      def naming
        { names: names_of_objects?, bare: @bare }
      end

      def relation
        { number: nil, holds: [], new: 0, rank: @rank, by_name: names? }
      end

      def added_at
        node.location || (Code.place(node) unless @bare)
      end

      def other_ways
        []
      end

      private

      def numbers
        { counts: @content.counts, retained: @content.retained, unit: @content.unit }
      end

      def class_word
        @bare ? @content.word : Way.kind_word(node)
      end

      def names?
        @content.unit == "names"
      end

      def names_of_objects?
        names? && !@bare
      end
    end
    private_constant :Standing
  end
end
