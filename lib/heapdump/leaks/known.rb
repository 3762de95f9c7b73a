# frozen_string_literal: true

module HeapDump
  class Leaks
    # Signatures of leaks that are known, from a file: one on each line; what follows "#" is a
    # comment.
    #
    #   5d41402abc4b2a76  # sessions, being worked on
    #
    # To leave these leaks out:
    #
    #   known = HeapDump::Leaks::Known.read("known_leaks.txt")
    #   HeapDump.leaks(*paths).reject { |suspect| known.include?(suspect) }
    class Known
      SIGNATURE = /\A\h{16}\z/
      private_constant :SIGNATURE

      # Reads such a file, and returns a Known. Raises ArgumentError for a line that has no
      # signature, and what File.foreach raises.
      #
      #   HeapDump::Leaks::Known.read("known_leaks.txt").include?(suspect) # => true
      def self.read(path)
        signatures = File.foreach(path).with_index(1).filter_map do |line, number|
          word = line.scrub.sub(/#.*/m, "").strip
          next if word.empty?

          word.match?(SIGNATURE) or raise ArgumentError, "#{path}:#{number} is no signature: " \
                                                         "16 hexadecimal digits are one"
          word.downcase
        end
        new(signatures)
      end

      # +signatures+ are values of Suspect#signature (Array of String).
      #
      #   HeapDump::Leaks::Known.new(["5d41402abc4b2a76"])
      def initialize(signatures)
        @signatures = signatures.to_h { |signature| [signature, true] }
      end

      # True if a suspect (Suspect) is one of them.
      #
      #   HeapDump::Leaks::Known.new([suspect.signature]).include?(suspect) # => true
      def include?(suspect)
        @signatures.key?(suspect.signature)
      end
    end
  end
end
