# frozen_string_literal: true

require "io/wait"

module HeapDump
  # Reads what another process answers through a pipe, and does not wait for it for ever.
  #
  #   PipeReader.read(reader, 600) # => "\x04\b…"
  module PipeReader # :nodoc:
    PIECE = 1 << 16
    private_constant :PIECE

    # All that comes until nobody has the other end open (binary String), nil if that takes longer
    # than so many seconds.
    def self.read(pipe, seconds)
      deadline = now + seconds
      told = +"".b
      while pipe.wait_readable([deadline - now, 0].max)
        piece = pipe.read_nonblock(PIECE, exception: false)
        return told if piece.nil?

        told << piece unless piece == :wait_readable
      end
      nil
    end

    def self.now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end
    private_class_method :now
  end
end
