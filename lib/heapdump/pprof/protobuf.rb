# frozen_string_literal: true

module HeapDump
  class Pprof
    # A message of Protocol Buffers, as far as profiles need it: whole numbers, texts, and other
    # messages. A number that is 0 and a text that is empty are left out, as the format has it.
    #
    #   message = Protobuf.new
    #   message.number(1, 300)
    #   message.bytes # => "\x08\xAC\x02"
    class Protobuf # :nodoc:
      VARINT = 0
      DELIMITED = 2
      MASK = (1 << 64) - 1
      private_constant :VARINT, :DELIMITED, :MASK

      # The message (binary String).
      attr_reader :bytes

      def initialize
        @bytes = String.new(encoding: Encoding::BINARY)
      end

      # +value+ is less than 2**63. A negative one takes ten bytes, as that of an int64.
      def number(field, value)
        return self if value.zero?

        varint((field << 3) | VARINT)
        varint(value)
      end

      # A text, or a message (Protobuf).
      def text(field, value)
        value = value.bytes if value.is_a?(Protobuf)
        varint((field << 3) | DELIMITED)
        varint(value.bytesize)
        @bytes << value.b
        self
      end

      # Several numbers, packed into one field.
      def numbers(field, values)
        packed = Protobuf.new
        values.each { |value| packed.varint(value) }
        text(field, packed)
      end

      # Seven bits in each byte, the lowest first; the eighth bit says that there are more.
      def varint(value)
        value &= MASK if value.negative?
        while value > 0x7f
          @bytes << ((value & 0x7f) | 0x80)
          value >>= 7
        end
        @bytes << value
        self
      end
    end
    private_constant :Protobuf
  end
end
