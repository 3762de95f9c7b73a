# frozen_string_literal: true

module HeapDump
  # Hands a dump on to the +write+ of an object. It comes out of a pipe, which forked processes
  # write to, or out of a file without a name. The latter is also for IOs with a slow reader, where
  # the dump is made in process: nothing may wait then for the other end of a pipe, which may be
  # read by a thread of this very process, or by nobody.
  class Copier # :nodoc:
    CHUNK = 1 << 16
    # What a pipe takes at once, where it takes anything.
    RAW_CHUNK = 4096
    # What an object's +write+ may raise because of where it writes to. The last one comes from
    # locks in a signal's handler. Anything else is passed on as it is.
    ERRORS = [IOError, SystemCallError, ThreadError].freeze
    KILLED = "the thread was killed that copied the heap dump to the given %s"
    private_constant :CHUNK, :RAW_CHUNK, :ERRORS, :KILLED

    # What its thread has ended with (Exception), nil for nothing.
    attr_reader :error

    def self.behind_pipe(sink)
      new(sink, *IO.pipe)
    end

    # +raw+: to the descriptor of an IO.
    def self.behind_file(sink, raw:)
      file = open_file
      new(sink, file, file, raw: raw)
    end

    # Nothing is loaded for it, and no lock taken: this may be a signal's handler.
    def self.open_file
      directory = ENV.fetch("TMPDIR", "/tmp")
      begin
        return File.open(directory, File::RDWR | File::TMPFILE, 0o600)
      rescue SystemCallError
        nil # this file system cannot
      end
      path = File.join(directory, "heapdump-#{Process.pid}-#{Random.urandom(8).unpack1("H*")}")
      File.new(path, File::RDWR | File::CREAT | File::EXCL, 0o600).tap { File.unlink(path) }
    end
    private_class_method :open_file

    def initialize(sink, source, entrance, raw: false)
      @sink = sink
      @source = source.binmode
      @entrance = entrance
      @raw = raw
    end

    # Where the dump has to be written to.
    def fileno
      @entrance.fileno
    end

    # The dump has been started, or is in the file.
    def open
      @entrance.equal?(@source) ? @source.rewind : @entrance.close
    end

    # True if there is nothing more to be copied.
    def finished?
      @source.closed?
    end

    def close
      @source.close
      @entrance.close
    end

    # Copies a piece, or waits until there is one or it can be taken, at most so many seconds (nil:
    # as long as it takes; the +write+ of an object takes as long as it does). +report+ can be read
    # when no more will come; nil, if that is so already.
    def step(report, seconds)
      piece = @raw ? copy(seconds) : @source.read_nonblock(CHUNK, exception: false)
      case piece
      when String then put(piece)
      when nil then close
      when :wait_readable then report ? await(report, seconds) : close
      end
    rescue *ERRORS => e
      raise WriteError.new("cannot dump the heap to the given #{@sink.class}: #{e.message}",
                           e.is_a?(SystemCallError) ? e.errno : nil)
    end

    # All of it, in a thread of its own. The block returns what #step wants to know. Raises nothing:
    # see #error.
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

    def copy(seconds)
      return true unless @sink.wait_writable(seconds)
      return true if IO.copy_stream(@source, @sink, RAW_CHUNK).positive?

      @sink.flush
      nil
    end

    # The other may be closed meanwhile, by another thread that has read it.
    def await(report, seconds)
      IO.select([@source, report], nil, nil, seconds)
    rescue IOError
      raise if @source.closed?
    end

    # One byte comes first, to learn what the answers mean. A +write+ that counts the bytes which it
    # has taken, as IO#write does, says 1, and may take only a part of what follows. One that says
    # anything else (nil; the size of what a compressor has made of it) is taken to write all.
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
end
