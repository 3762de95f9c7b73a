# frozen_string_literal: true

module HeapDump
  # Dumps and counts work only in the main Ractor of a process.
  module Ractors # :nodoc:
    def self.main?
      !defined?(Ractor) || Ractor.current == Ractor.main
    end

    # Raises HeapDump::Error in any other Ractor.
    def self.refuse
      return if main?

      raise Error, "HeapDump works in the main Ractor only; call it there"
    end
  end
  private_constant :Ractors
end
