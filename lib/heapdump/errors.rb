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
end
