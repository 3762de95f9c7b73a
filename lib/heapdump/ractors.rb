# frozen_string_literal: true

module HeapDump
  # Of the Ractors of a process only the main one can be served.
  module Ractors # :nodoc:
    # Raises HeapDump::Error in any other.
    def self.refuse
      return if !defined?(Ractor) || Ractor.current == Ractor.main

      raise Error, "HeapDump works in the main Ractor only; call it there"
    end
  end
end
