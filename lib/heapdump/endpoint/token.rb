# frozen_string_literal: true

module HeapDump
  class Endpoint
    # What whoever asks has to know.
    class Token # :nodoc:
      LEAST = 32 # characters
      private_constant :LEAST

      def initialize(text)
        unless text.is_a?(String) && text.length >= LEAST
          raise ArgumentError, "token: has #{LEAST} characters or more, made by chance; " \
                               "SecureRandom.hex(32) makes one"
        end
        @bytes = text.bytes.freeze
      end

      # Whether a text is the token. It takes as long wherever the first difference is, so the token
      # cannot be found character by character. Only its length may be seen.
      def same?(given)
        return false unless given.is_a?(String) && given.bytesize == @bytes.size

        @bytes.zip(given.bytes).sum { |ours, theirs| ours ^ theirs }.zero?
      end

      def inspect
        "#<#{self.class}>"
      end
    end
  end
end
