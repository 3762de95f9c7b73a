# frozen_string_literal: true

require "digest/sha2"

module HeapDump
  module Fleet
    # Numbers of rows, made of what they stand for: whoever imports a dump makes the same ones, so
    # importers need not ask each other.
    module Ids # :nodoc:
      module_function

      # From 0 to 2^63 - 1.
      def of(*parts)
        bytes = Digest::SHA256.digest(parts.map { |part| part.to_s.b }.join("\0"))
        bytes.unpack1("Q>") >> 1
      end

      def name(text)
        of("name", text)
      end

      def process(identity)
        of("process", *identity.values_at(:host, :pid, :series))
      end

      # Dumps of one process with the same time (in milliseconds) are the same dump.
      def dump(process, time)
        of("dump", process, time.round(6).getutc.strftime("%FT%T.%6NZ"))
      end
    end
  end
end
