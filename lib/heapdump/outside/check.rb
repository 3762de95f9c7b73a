# frozen_string_literal: true

module HeapDump
  module Outside
    # A condition for a method of dumping, and whether it is met.
    Check = Struct.new(:name, :ok, :message)

    # A list of checks. After the first that has failed no other is made, because it may depend on
    # it.
    class Checks
      include Enumerable

      def initialize
        @list = []
      end

      # Adds a check. The block returns the message, and whether the condition is met.
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
