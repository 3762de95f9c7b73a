# frozen_string_literal: true

require "io/wait"

module HeapDump
  # Wakes a thread that waits for #io. The handler of a signal may ring, too.
  class Bell # :nodoc:
    MOST = 4096
    private_constant :MOST

    attr_reader :io

    def initialize
      @io, @end = IO.pipe
    end

    def ring
      @end.write_nonblock(".", exception: false)
    rescue IOError, SystemCallError
      nil # nobody waits any more
    end

    def silence
      @io.read_nonblock(MOST, exception: false)
    end

    def close
      [@io, @end].each(&:close)
    end
  end
end
