# frozen_string_literal: true

module HeapDump
  module Outside
    # Something that has to be so for a way of dumping to work, and whether it is.
    Check = Struct.new(:name, :ok, :message)

    # Checks in a row. After the first that failed no other is made: it may depend on it.
    class Checks
      include Enumerable

      def initialize
        @list = []
      end

      # The block returns the message, and whether it is so.
      def check(name)
        return if first_failure

        message, ok = yield
        @list << Check.new(name, ok ? true : false, message)
      end

      def each(&)
        @list.each(&)
      end

      def first_failure
        @list.find { |one| !one.ok }
      end
    end
  end
end
