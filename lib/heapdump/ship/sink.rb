# frozen_string_literal: true

module HeapDump
  module Ship
    # What the sinks of this library have in common. A subclass has #deliver, and #to_s without
    # anything secret.
    class Sink # :nodoc:
      # Where a file is now, and what the store calls this version of it (nil: it has no such name).
      Receipt = Struct.new(:address, :etag)

      LONGEST = 3600 # seconds after which a command or a request is ended, whatever it does

      # Another file has the name in the store.
      class Conflict < Error; end

      # Some file has the name in the store, and nobody may look which one it is.
      class Hidden < Conflict; end

      # Where the file is now (String). Raises HeapDump::Error if it is not there.
      def call(file, facts)
        deliver(file, facts).address
      end

      # Whether the address is that of a single object, so that a second file would replace it.
      def one_object?
        false
      end

      # No more than is shown: an address can have a secret.
      def inspect
        "#<#{self.class} #{self}>"
      end

      private

      def name_of(file, facts)
        facts["name"] || File.basename(file)
      end

      def sha256_of(file, facts)
        facts["sha256"] || Manifest.digest(file)
      end

      def conflict(address)
        raise Conflict, "another file is at #{address} already, and stays there"
      end

      def hidden(address)
        raise Hidden, "a file is at #{address} already, and the store does not let us look which"
      end
    end
  end
end
