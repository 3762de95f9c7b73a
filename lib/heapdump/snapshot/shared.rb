# frozen_string_literal: true

module HeapDump
  class Snapshot
    # The buffer that a string or array shares with another: a slice of a large text needs no copy
    # of it, and keeps all of it.
    #
    #   shared = Snapshot::Shared.of(token)
    #   shared.used  # => 60
    #   shared.whole # => 1000000
    #   shared.words # => "the buffer of a String of 976.6 KiB"
    class Shared # :nodoc:
      SIZES = { "STRING" => "bytesize", "ARRAY" => "length" }.freeze
      # A slice keeps much if the buffer is so many times as large, and has so many bytes.
      TIMES = 4
      BYTES = 1024
      LOOKED_AT = 8 # so many references are looked at for the buffer if they have no names
      REFERRERS = 200 # so many of those that hold the buffer are looked at
      private_constant :SIZES, :TIMES, :BYTES, :LOOKED_AT, :REFERRERS

      # The object whose buffer it is (Node).
      attr_reader :root

      # Returns a Shared, nil for an object that shares nothing, and where the dump has no line of
      # the buffer, as one that was cut short.
      def self.of(node)
        return unless SIZES.key?(node.type) && (node.brief["shared"] || node.brief["shared_root"])

        root = node.related(node.brief["shared_root"]) || nameless(node)
        new(node, root) if root && root != node && SIZES.key?(root.type)
      end

      # The buffer in a dump of ObjectSpace.dump_all, which has no names of references. An array
      # that shares its elements, or a string, refers to nothing else of its type.
      def self.nameless(node)
        node.references(limit: LOOKED_AT).map(&:node).find do |other|
          other.type == node.type && other.memsize > node.memsize
        end
      end
      private_class_method :nameless

      def initialize(node, root)
        @node = node
        @root = root
      end

      # How much of the buffer the object uses: bytes of a string, elements of an array (Integer);
      # nil if the dump does not say it, as dumps of ObjectSpace.dump_all do not.
      def used
        size(@node)
      end

      # How much there is, in the same unit.
      def whole
        size(root)
      end

      # Whether the object keeps much more than it uses.
      def much?
        root.memsize >= BYTES && whole.to_i >= TIMES * used.to_i
      end

      # Somebody (Node) who holds the buffer and is no slice of it, so that the buffer stays even if
      # all slices are free. nil if nobody among the first who hold it does.
      def other_holder
        root.referrers(limit: REFERRERS).find do |reference|
          reference.edge.holds? && reference.node.reachable? && !slice?(reference.node)
        end&.node
      end

      # "the buffer of a String of 976.6 KiB", "the buffer of an Array of 20,000"
      def words
        units = Terminal::Units
        return "the buffer of a String of #{units.bytes(whole || root.memsize)}" if string?

        "the buffer of an Array#{" of #{units.count(whole)}" if whole}"
      end

      # "60 B", "40 elements"; nil if it is not known.
      def used_words
        return unless used

        string? ? Terminal::Units.bytes(used) : Terminal::Units.plural(used, "element")
      end

      # For JSON (Hash).
      def to_h
        { address: root.to_s, used: used, of: whole, unit: string? ? "bytes" : "elements",
          bytes: root.memsize }
      end

      private

      # Whether a node is a slice of the same buffer.
      def slice?(node)
        shared = Shared.of(node)
        !shared.nil? && shared.root == root && shared.much?
      end

      def string?
        @node.type == "STRING"
      end

      def size(node)
        node.field(SIZES.fetch(node.type), Integer)
      end
    end
  end
end
