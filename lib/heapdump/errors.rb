# frozen_string_literal: true

require_relative "terminal/text"
require_relative "terminal/units"

module HeapDump
  # The superclass of all errors of this library (wrong options raise ArgumentError). Messages can
  # be shown on a terminal and written to a log: control characters of paths and names are spelled
  # out.
  class Error < StandardError
    # The message (String), in UTF-8. Also what `raise error, message` has given it.
    def to_s # :nodoc:
      Terminal::Text.safe(super)
    end
  end

  # This Ruby lacks something without which no dump can be made.
  class UnsupportedRuby < Error; end

  # A dump of this process is already running. Only one can run at a time.
  #
  #   begin
  #     HeapDump.dump("heap.json")
  #   rescue HeapDump::Busy
  #     puts "come back later"
  #   end
  class Busy < Error; end

  # The dump could not be written. There is no file under the final name.
  #
  #   begin
  #     HeapDump.dump("/missing/heap.json")
  #   rescue HeapDump::WriteError => e
  #     e.errno # => 2
  #     e.path  # => "/missing/heap.json"
  #   end
  class WriteError < Error
    # The system's error number (Integer), as in Errno::ENOSPC::Errno.
    attr_reader :errno
    # Where the dump was to go (String, absolute), nil for an IO.
    attr_reader :path

    def initialize(message, errno = nil, path = nil) # :nodoc:
      super(message)
      @errno = errno
      @path = path
    end
  end

  # A process of a forked dump was killed: by the kernel because memory ran out, by somebody, or by
  # a crash between two objects. No incomplete dump is under the final name.
  #
  #   begin
  #     HeapDump.dump("heap.json")
  #   rescue HeapDump::ChildDied => e
  #     e.signal  # => 9
  #     e.objects # => 120034
  #     e.path    # => "/srv/app/heap.json"
  #   end
  class ChildDied < Error
    # The signal that killed it (Integer), nil if it is unknown.
    attr_reader :signal
    # How many objects had been written (Integer), nil if that is unknown.
    attr_reader :objects
    # Where the dump was to go (String, absolute), nil for an IO.
    attr_reader :path

    def initialize(signal, objects, path) # :nodoc:
      cause = signal ? "killed by SIG#{Signal.signame(signal)}" : "killed"
      progress = objects ? " after #{Terminal::Units.plural(objects, "object")}" : ""
      super("cannot dump the heap to #{path || "an IO"}: its process was #{cause}#{progress}")
      @signal = signal
      @objects = objects
      @path = path
    end
  end

  # A dump could not be read.
  #
  #   begin
  #     HeapDump::Snapshot.open("heap.json", strict: true)
  #   rescue HeapDump::ReadError => e
  #     e.path # => "heap.json"
  #     e.line # => 100
  #     e.byte # => 40770
  #   end
  class ReadError < Error
    # The path of the dump that was read (String).
    attr_reader :path
    # Where reading failed: the number of the line (Integer from 1), nil if the fault is in no
    # particular line, and the byte of the uncompressed text (Integer from 0).
    attr_reader :line, :byte

    # Makes an exception of the status that the reader in C returned.
    def self.of(status, path, line, byte, detail) # :nodoc:
      path ||= "the dump"
      kind, advice = KINDS.fetch(status)
      detail = "cannot read #{path}" if detail.empty?
      kind = HeapDump.const_get(kind)
      kind.new([detail, advice].compact.join("; "), path, line.zero? ? nil : line, byte)
    end

    # The class of the error, and advice, by the status that the reader in C returns.
    KINDS = {
      io: [:ReadError, nil],
      not_a_dump: [:NotADump, "give a file that HeapDump.dump or ObjectSpace.dump_all has written"],
      bad_line: [:Corrupt, "without strict (--strict) it is skipped"],
      corrupt: [:Corrupt, "copy the file again, or take another dump"],
      too_large: [:ReadError, nil],
      no_memory: [:ReadError, "free some memory or use a larger machine"],
      stopped: [:ReadError, nil]
    }.freeze
    private_constant :KINDS

    def initialize(message, path = nil, line = nil, byte = nil) # :nodoc:
      super(message)
      @path = path
      @line = line
      @byte = byte
    end
  end

  # The file has no line of a heap dump in it.
  class NotADump < ReadError; end

  # The compressed data is damaged, or (with +strict+) a line is invalid or the dump is not whole.
  class Corrupt < ReadError; end

  # The dump has no such object or class.
  class NotFound < Error; end
end
