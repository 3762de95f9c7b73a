# frozen_string_literal: true

require "digest/sha2"
require "securerandom"
require_relative "../fleet"

module HeapDump
  class Web
    # The store of a fleet, if there is one. It is opened for each question and closed behind it, so
    # threads share no connection and no process inherits one; and it is opened to be read alone.
    # Where it is says no answer.
    class FleetStore
      DIGITS = 6 # of what a host is called whose name is not shown
      private_constant :DIGITS

      # +address+:: of the store (String), nil for none. Raises HeapDump::Error for what is no
      #             address.
      def initialize(address)
        @address = address && HeapDump::Fleet::Address.parse(address)
        @salt = SecureRandom.hex
      end

      # Whether there is one.
      def there?
        !@address.nil?
      end

      # What the store is a database of (String), nil without one.
      def engine
        @address&.engine
      end

      # Yields the Store, and returns what the block does. Raises Refusal without a store, and for
      # one that cannot be asked: whoever runs the server is told more.
      def ask
        raise none unless there?

        store = @address.read
        yield store
      rescue HeapDump::Fleet::StoreError => e
        raise Refusal.new(502, "no_store", "the store of the fleet cannot be asked; the log of " \
                                           "the server says why", error: e)
      ensure
        store&.close
      end

      # What a host is called in an answer without values: the same host the same, as long as this
      # server runs.
      def host(name)
        "host #{Digest::SHA256.hexdigest(@salt + name)[0, DIGITS]}"
      end

      def inspect # :nodoc:
        "#<#{self.class} #{@address}>"
      end

      private

      def none
        Refusal.new(404, "no_fleet", "this server has no store of a fleet; `heapdump ui --store " \
                                     "ADDRESS` has one")
      end
    end
  end
end
