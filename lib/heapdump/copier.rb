# frozen_string_literal: true

module HeapDump
  # Copies a dump to the +write+ of an object. The dump comes out of a pipe to which forked
  # processes write, or out of a file without a name. Such a file is also used for an IO with a slow
  # reader if the dump is made in process: then nothing may wait for the other end of a pipe,
  # because the reader may be a thread of this very process, or there may be none.
  class Copier # :nodoc:
    CHUNK = 1 << 16
    # How much a pipe takes at once if it takes anything; and how much a terminal does.
    RAW_CHUNK = 4096
    TERMINAL_CHUNK = 256
    # What an object's +write+ may raise because of the place to which it writes. ThreadError comes
    # from locks in a signal's handler. Any other exception is passed on unchanged.
    ERRORS = [IOError, SystemCallError, ThreadError].freeze
    KILLED = "the thread was killed that copied the heap dump to the given %s"
    private_constant :CHUNK, :RAW_CHUNK, :TERMINAL_CHUNK, :ERRORS, :KILLED

    # The exception that ended #run (Exception), nil if there was none.
    attr_reader :error

    def self.behind_pipe(sink)
      new(sink, *IO.pipe)
    end

    # +raw+: +sink+ is an IO, and the copy goes to its descriptor.
    def self.behind_file(sink, raw:)
      file = open_file
      new(sink, file, file, raw: raw)
    end

    # This may run in a signal's handler, so it loads nothing and takes no lock.
    def self.open_file
      directory = ENV.fetch("TMPDIR", "/tmp")
      begin
        return File.open(directory, File::RDWR | File::TMPFILE, 0o600)
      rescue SystemCallError
        nil # this file system has no files without a name
      end
      path = File.join(directory, "heapdump-#{Process.pid}-#{Random.urandom(8).unpack1("H*")}")
      File.new(path, File::RDWR | File::CREAT | File::EXCL, 0o600).tap { File.unlink(path) }
    end
    private_class_method :open_file

    def initialize(sink, source, entrance, raw: false)
      @sink = sink
      @source = source.binmode
      @entrance = entrance
      @raw = (sink.tty? ? TERMINAL_CHUNK : RAW_CHUNK) if raw
    end

    # The descriptor to which the dump has to be written.
    def fileno
      @entrance.fileno
    end

    # To be called when the dump has been started, or is in the file.
    def open
      @entrance.equal?(@source) ? @source.rewind : @entrance.close
    end

    # True if nothing more will be copied.
    def finished?
      @source.closed?
    end

    # True if everything has been copied.
    def whole?
      @whole
    end

    def close
      @source.close
      @entrance.close
    end

    # Copies one piece, or waits until there is one or the sink can take it, at most +seconds+ (nil:
    # without a limit; the +write+ of an object takes as long as it does). +report+ is an IO that
    # becomes readable when no more pieces will come; nil if that is so already.
    def step(report, seconds)
      piece = @raw ? copy(seconds) : @source.read_nonblock(CHUNK, exception: false)
      case piece
      when String then put(piece)
      when nil then complete
      when :wait_readable then report ? await(report, seconds) : complete
      end
    rescue *ERRORS => e
      raise WriteError.new("cannot dump the heap to the given #{@sink.class}: #{e.message}",
                           e.is_a?(SystemCallError) ? e.errno : nil)
    end

    # Copies everything, in a thread of its own. The block returns the +report+ for #step. Raises
    # nothing: see #error.
    def run
      step(yield, nil) until finished?
      whole = true
    rescue Exception => e # rubocop:disable Lint/RescueException -- it is raised again by who waits
      @error = e
    ensure
      @error ||= Error.new(KILLED % @sink.class) unless whole
      close
    end

    private

    def complete
      @whole = true
      close
    end

    def copy(seconds)
      return true unless @sink.wait_writable(seconds)
      return true if IO.copy_stream(@source, @sink, @raw).positive?

      @sink.flush
      nil
    end

    # Another thread that has read the report may close it meanwhile.
    def await(report, seconds)
      IO.select([@source, report], nil, nil, seconds)
    rescue IOError
      raise if @source.closed? || !report.closed?
    end

    # Writes one byte first, to learn what the return value of +write+ means. A +write+ that returns
    # 1 counts the bytes that it has taken, as IO#write does, and may take only a part of what
    # follows. A +write+ that returns anything else (nil, or the size of what a compressor has made
    # of it) is assumed to take everything.
    def put(bytes)
      if @counts.nil?
        @counts = @sink.write(bytes.byteslice(0, 1)) == 1
        bytes = bytes.byteslice(1..)
      end
      until bytes.empty?
        taken = @sink.write(bytes)
        return unless @counts

        bytes = bytes.byteslice(checked(taken, bytes.bytesize)..)
      end
    end

    def checked(taken, size)
      return taken if taken.is_a?(Integer) && taken.between?(1, size)

      raise IOError, "its write was given #{size} bytes and says that it took #{taken.inspect}"
    end
  end
  private_constant :Copier
end
