# frozen_string_literal: true

module HeapDump
  # What every error of this library descends from (wrong options raise ArgumentError).
  class Error < StandardError; end

  # This Ruby lacks what no dump can do without.
  class UnsupportedRuby < Error; end

  # The dump could not be written. Nothing was left under the final name.
  class WriteError < Error
    # The system's error number (Integer), as in Errno::ENOSPC::Errno.
    attr_reader :errno
    # Where the dump was to go (String), nil for an IO.
    attr_reader :path

    def initialize(message, errno = nil, path = nil)
      super(message)
      @errno = errno
      @path = path
    end
  end

  # A process of a forked dump was killed: by the kernel for want of memory, by somebody, or by a
  # crash between two objects. Nothing half stands under the final name.
  class ChildDied < Error
    # The signal that killed it (Integer), nil where that is not known.
    attr_reader :signal
    # How many objects had been written (Integer), nil where that is not known.
    attr_reader :objects
    # Where the dump was to go (String), nil for an IO.
    attr_reader :path

    def initialize(signal, objects, path)
      cause = signal ? "killed by SIG#{Signal.signame(signal)}" : "killed"
      progress = objects ? " after #{objects} objects" : ""
      super("cannot dump the heap to #{path || "an IO"}: its process was #{cause}#{progress}")
      @signal = signal
      @objects = objects
      @path = path
    end
  end
end
