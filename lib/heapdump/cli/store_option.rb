# frozen_string_literal: true

module HeapDump
  module CLI
    # The address of a store that a command is given: a password in it may be in no argument,
    # because everybody on this machine can read those.
    module StoreOption
      private

      # The HeapDump::Fleet::Address of a text. Raises UsageError for one with a password, with
      # what to do instead in +advice+, and HeapDump::Error for one that is no address.
      def store_address(text, advice)
        require_relative "../fleet"
        address = HeapDump::Fleet::Address.parse(text)
        return address if text.start_with?("env:") || !address.secret?

        raise UsageError, "everybody on this machine can read a password in an argument; #{advice}"
      end
    end
  end
end
