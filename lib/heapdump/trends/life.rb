# frozen_string_literal: true

module HeapDump
  class Trends
    # The dumps of one life of a process, in their order, and what is to be known of them.
    Life = Struct.new(:identity, :dumps, :warnings) # :nodoc:
    private_constant :Life
  end
end
