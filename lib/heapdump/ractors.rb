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

    # Raises HeapDump::Error in any other Ractor, and while there are others: their events do not
    # come to hooks of this one. +what+ says what cannot be done.
    #
    #   Ractors.refuse_others("allocations cannot be sampled")
    def self.refuse_others(what)
      refuse
      return unless defined?(Ractor) && Ractor.count > 1

      raise Error, "#{what} while there are other Ractors: MRI tells each of its own objects only"
    end
  end
  private_constant :Ractors
end
