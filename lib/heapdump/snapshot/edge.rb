# frozen_string_literal: true

module HeapDump
  class Snapshot
    # A reference from one object to another, and its name. Frozen.
    #
    #   edge = snapshot.references(session)[1].edge
    #   edge.kind  # => :ivar
    #   edge.name  # => "@user"
    #   edge.frame # => nil
    class Edge
      # What a reference can be, in the order of enum hg_edge_kind (ext/heapgraph/graph/graph.h).
      KINDS = %i[
        reference field ivar index key value value_at value_int member constant class_variable
        method global captured frame frame_local fiber_local root weak class
      ].freeze

      PAYLOAD_BITS = 27 # :nodoc:
      NO_PAYLOAD = (1 << PAYLOAD_BITS) - 1
      INTEGER = %i[index key].freeze
      TEXT = %i[
        field ivar value member constant class_variable method global captured frame frame_local
        fiber_local weak
      ].freeze
      private_constant :NO_PAYLOAD, :INTEGER, :TEXT

      # One of KINDS.
      attr_reader :kind

      # The name of the edge, which depends on the kind: the name of a variable, constant, method,
      # member or field (String), an index (Integer), or the key of a hash as it stands in the dump
      # (String, for +:value+), as a Node (for +:value_at+) or as an Integer (for +:value_int+); nil
      # if the edge has no name.
      attr_reader :name

      # The frame to which the edge belongs, as "label file:line"; nil for an edge that belongs to
      # no frame.
      attr_reader :frame

      # Makes an Edge of the number by which the reader in C calls an edge (Integer).
      def self.decode(snapshot, number) # :nodoc:
        kind = KINDS.fetch(number >> PAYLOAD_BITS)
        payload = number & NO_PAYLOAD
        return new(kind) if payload == NO_PAYLOAD
        return new(kind, snapshot.key(payload)) if kind == :value_int
        return new(kind, payload) if INTEGER.include?(kind)
        return new(kind, snapshot.node(payload)) if kind == :value_at
        return new(kind) unless TEXT.include?(kind)

        text = snapshot.string(payload)
        return new(kind, snapshot.key(text)) if kind == :value

        frame, name = text.split("\x1f", 2)
        name ? new(kind, name, frame) : new(kind, text)
      end

      def initialize(kind, name = nil, frame = nil) # :nodoc:
        @kind = kind
        @name = name
        @frame = frame
        freeze
      end

      # True unless it is a weak reference, which holds nothing.
      #
      #   edge.holds? # => true
      def holds?
        kind != :weak
      end

      # A text that is the same for all edges that differ only in which element of a container they
      # lead to, or in the digits of their names, because names are made from data, too (String).
      #
      #   edge.signature # => "ivar @user"
      def signature
        case kind
        when :index, :key, :value_at, :value_int then kind.to_s
        when :value then name.to_s.match?(/\A(?:":|n|t|f)/) ? "value #{name}" : "value"
        else [kind, frame && Describe.frame_label(frame), name&.gsub(/\d+/, "#")].compact.join(" ")
        end
      end

      # In words (String): "@user", "[3]", "constant CACHE", "captured payload".
      #
      #   edge.to_s # => "@user"
      def to_s
        Describe.edge(self)
      end

      # True if both have the same kind, the same name and the same frame.
      def ==(other)
        other.is_a?(Edge) && [kind, name, frame] == [other.kind, other.name, other.frame]
      end
      alias eql? == # :nodoc:

      def hash # :nodoc:
        [kind, name, frame].hash
      end

      def inspect # :nodoc:
        "#<#{self.class} #{self}>"
      end
    end
  end
end
