# frozen_string_literal: true

require_relative "compression"
require_relative "copier"

module HeapDump
  # Where a dump goes, by the argument of HeapDump.dump: a file of that name, the descriptor of an
  # IO, or any other object with a method +write+. A descriptor is taken only from an object that is
  # an IO itself: what another object returns from +to_io+ lies below it (a socket below TLS, a file
  # below compression).
  class Target # :nodoc:
    METHOD = Kernel.instance_method(:method)
    private_constant :METHOD

    # Raises ArgumentError if nothing can be written to +given+. +compress+ is the option of that
    # name, which is nil if the ending of a path decides.
    def self.of(given, compress: nil)
      io = io_of(given)
      return new(io: io) if io
      if path?(given)
        return new(path: Compression.name(absolute(File.path(given)), compress).freeze)
      end
      return new(sink: given) if given.respond_to?(:write)

      advice = "; give the IO itself, if nothing has to go through this object" if
        given.respond_to?(:to_io)
      raise ArgumentError, "a heap dump goes to a path, an IO or an object with a method write, " \
                           "not #{given.inspect}#{advice}"
    end

    # The IO whose descriptor can be used: +given+, or the file inside a Tempfile; nil if +given+ is
    # no IO or has a +write+ of its own.
    def self.io_of(given)
      if defined?(::Tempfile) && ::Tempfile === given && # rubocop:disable Style/CaseEquality
         writes_as?(given, ::Tempfile.superclass)
        given = given.__getobj__
      end
      given if IO === given && writes_as?(given, IO)
    end
    private_class_method :io_of

    def self.writes_as?(given, owner)
      METHOD.bind_call(given, :write).owner.equal?(owner)
    end
    private_class_method :writes_as?

    # Whether +given+ names a path. A Pathname has a +write+, but is no stream. A decorator of an
    # open File has a path, but its +write+ may have to be used.
    def self.path?(given)
      return true if given.respond_to?(:to_str)
      return false unless given.respond_to?(:to_path)

      !given.respond_to?(:write) || !(given.respond_to?(:to_io) || given.respond_to?(:close))
    end
    private_class_method :path?

    # Makes a path absolute and changes nothing but its beginning: "..", "~" and symbolic links mean
    # what they mean to the system.
    def self.absolute(path)
      return path.dup if path.start_with?("/") || path.empty?

      directory = Dir.pwd.chomp("/")
      compatible = Encoding.compatible?(directory, path)
      compatible ? "#{directory}/#{path}" : "#{directory.b}/#{path.b}"
    rescue SystemCallError
      path.dup # the working directory is gone; creating the file will fail and say why
    end
    private_class_method :absolute

    # The absolute path, nil if the target is no path.
    attr_reader :path

    def initialize(path: nil, io: nil, sink: nil)
      @path = path
      @io = io
      @sink = sink
    end

    # Starts a dump to this target and sets what the Pending needs. The caller must make sure that
    # nothing interrupts this.
    def start(pending, options)
      wanted = options.fetch(:fork, true)
      errno = try(pending, wanted == :prefer ? options.merge(fork: true) : options)
      return unless errno

      reason = SystemCallError.new(nil, errno).message
      raise Error, no_fork(reason) unless wanted == :prefer

      warn "heapdump: cannot fork (#{reason}); dumping in process #{Process.pid} itself, " \
           "in which no other thread runs meanwhile"
      try(pending, options.merge(fork: false))
    end

    private

    # Returns an errno if no process could be forked, else nil. For a path there is no rescue or
    # ensure around it; see Run. A copier that is left open is closed by Pending#give_up.
    def try(pending, options)
      pending.copier = copier = (translate { copier_for(options.fetch(:fork, true)) } unless @path)
      descriptor = translate { prepare(copier) } unless @path
      errno, = HeapDump.send(:start, @path, descriptor, options, pending)
      if errno then copier&.close
      elsif copier then translate { copier.open }
      end
      errno
    end

    def translate
      yield
    rescue IOError, SystemCallError => e
      raise WriteError.new("cannot dump the heap to #{(@io || @sink).class}: #{e.message}",
                           e.is_a?(SystemCallError) ? e.errno : nil)
    end

    # Returns what #descriptor does.
    def prepare(copier)
      @io&.flush
      descriptor(copier)
    end

    # Where the dump is written to (Integer), nil for a path.
    def descriptor(copier)
      own = HeapDump.send(:descriptor, @io) if @io
      copier ? copier.fileno : own
    end

    def copier_for(fork)
      if fork
        Copier.behind_pipe(@sink) if @sink
      elsif @sink || (@io && slow_reader?)
        # IO.copy_stream does not know the other descriptor of IO.popen(command, "r+")
        raw = @sink.nil? && HeapDump.send(:descriptor, @io) == @io.fileno
        Copier.behind_file(@sink || @io, raw: raw)
      end
    end

    def slow_reader?
      stat = @io.stat
      !stat.file? && (!stat.chardev? || @io.tty?)
    end

    def no_fork(reason)
      "cannot fork (#{reason}), so the heap of process #{Process.pid} is not dumped. Let it have " \
        "more processes or memory; or give HeapDump.dump fork: :prefer, and no other thread of " \
        "it will run until the dump is written"
    end
  end
end
