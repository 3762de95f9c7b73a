# frozen_string_literal: true

require "test_helper"
require "delegate"
require "json"
require "openssl"
require "pathname"
require "socket"
require "stringio"
require "tempfile"
require "zlib"

# What is no path: an IO itself, or an object that the dump is handed on to by its `write`.
class TestTargets < HeapDumpTest
  PLAIN = "a-z".b
  SEALED = "b-za".b

  # As IO#write does, but takes only a part.
  class Short
    attr_reader :text

    def initialize(most)
      @text = +"".b
      @most = most
    end

    def write(bytes)
      part = bytes.byteslice(0, @most)
      @text << part
      part.bytesize
    end
  end

  # Answers with the size of what it has made of it, as compressors do.
  class Compressor
    def initialize(answer)
      @deflate = Zlib::Deflate.new
      @compressed = +"".b
      @answer = answer
    end

    def write(bytes)
      out = @deflate.deflate(bytes)
      @compressed << out
      @answer.call(out.bytesize)
    end

    def text
      Zlib::Inflate.inflate(@compressed + @deflate.finish)
    end
  end

  # What is written has to go through it, whatever else it answers to.
  class Sealed < SimpleDelegator
    def write(bytes)
      super(bytes.tr(PLAIN, SEALED))
    end
  end

  # The same as an IO.
  class SealedFile < File
    def write(bytes)
      super(bytes.tr(PLAIN, SEALED))
    end
  end

  def setup
    super
    GC.start
    @held = usage
  end

  def teardown
    GC.start
    usage.zip(@held, %w[descriptors threads]) do |now, before, what|
      assert_operator now, :<=, before, what # a thread of an earlier test may have ended
    end
    super
  end

  # It has a descriptor to read from and another one to write to.
  def test_a_process_that_is_read_from_and_written_to
    IO.popen(["sh", "-c", "wc -c"], "r+") do |io|
      result = dump(io)
      io.close_write
      assert_equal result.bytes, io.read.to_i
    end
  end

  def test_what_is_not_open_for_writing
    reader, writer = IO.pipe
    file = File.open(File::NULL)
    [reader, file].each do |io|
      error = assert_raises(HeapDump::WriteError) { dump(io) }
      assert_match(/the heap to (?:IO|File): Bad file descriptor - not opened/, error.message)
    end
    [writer, file].each(&:close)
    assert_equal "", reader.read
    reader.close
  end

  def test_a_string_io
    out = StringIO.new(+"before ".b, "a")
    result = dump(out)
    assert_nil result.path
    assert out.string.start_with?("before ")
    assert_streamed result, out.string.delete_prefix("before ")
  end

  def test_a_gzip_writer_gets_it_and_not_the_file_below
    path = File.join(scratch, "heap.json.gz")
    result = Zlib::GzipWriter.open(path) { |gzip| dump(gzip) }
    assert_equal "\x1F\x8B".b, File.binread(path, 2)
    assert_streamed result, Zlib::GzipReader.open(path, &:read)
  end

  def test_a_tls_connection_is_not_written_below
    a, b = UNIXSocket.pair
    wire = +"".b
    between, far = UNIXSocket.pair
    relay = Thread.new { relay(b, between, wire) }
    server = Thread.new { tls_server(far) }
    client = OpenSSL::SSL::SSLSocket.new(a, OpenSSL::SSL::SSLContext.new).tap(&:connect)
    secret = ["seen only", "through TLS"].join(" ")
    result = dump(client, strings: :full)
    client.close
    a.close
    assert_streamed result, server.value
    refute_includes wire, secret
    refute_includes wire, '{"address"'
    assert_operator wire.bytesize, :>, result.bytes
  ensure
    [relay, server].compact.each(&:join)
    [a, b, between, far].each(&:close)
  end

  def test_who_takes_a_part_only_gets_the_rest
    [1_000, 40_000].each do |most|
      short = Short.new(most)
      assert_streamed dump(short), short.text
    end
  end

  def test_who_answers_something_else_is_given_each_piece_once
    [->(size) { size }, ->(_) {}, ->(_) { 0 }].each do |answer|
      compressor = Compressor.new(answer)
      assert_streamed dump(compressor), compressor.text
    end
  end

  def test_who_counts_and_then_takes_nothing
    [0, -1, nil, 1 << 40].each do |answer|
      sink = Object.new
      sink.define_singleton_method(:write) { |bytes| bytes.bytesize == 1 ? 1 : answer }
      error = assert_raises(HeapDump::WriteError) { dump(sink) }
      assert_match(/given \d+ bytes and says that it took #{answer.inspect}/, error.message)
    end
  end

  def test_what_write_raises
    { Errno::ENOSPC.new => HeapDump::WriteError, IOError.new("closed stream") => HeapDump::WriteError,
      OpenSSL::SSL::SSLError.new("alert") => OpenSSL::SSL::SSLError,
      Class.new(Exception).new("own") => nil }.each do |raised, wanted| # rubocop:disable Lint/InheritException
      [0, 100_000].each do |after|
        written = 0
        sink = Object.new
        sink.define_singleton_method(:write) do |bytes|
          raise raised if written > after

          written += bytes.bytesize
          bytes.bytesize
        end
        error = assert_raises(wanted || raised.class) { dump(sink) }
        assert_includes error.message, raised.message
        assert_equal Errno::ENOSPC::Errno, error.errno if raised.is_a?(SystemCallError)
      end
    end
    assert_operator dump(StringIO.new).objects, :>, 1000
  end

  def test_a_tempfile_is_a_file
    Tempfile.create("heap") { |file| assert_streamed dump(file), File.binread(file.path) }
    file = Tempfile.new("heap")
    assert_streamed dump(file), File.binread(file.path)
    file.close!
    error = assert_raises(HeapDump::WriteError) { dump(file) }
    assert_match(/closed/, error.message)
  end

  def test_who_decorates_a_file_is_written_through
    path = File.join(scratch, "sealed")
    result = File.open(path, "wb") { |file| dump(Sealed.new(file)) }
    assert_nil result.path
    assert_streamed result, unsealed(path)
    result = SealedFile.open(path, "wb") { |file| dump(file) }
    assert_streamed result, unsealed(path)
    result = File.open(path, "wb") do |file|
      file.singleton_class.prepend(Module.new { def write(bytes) = super(bytes.tr("{}", "()")) })
      dump(file)
    end
    text = File.binread(path)
    assert_equal [false, result.bytes], [text.include?("{"), text.bytesize]
  end

  def test_a_pathname_is_a_path_though_it_has_a_write
    path = Pathname(scratch) / "heap.json"
    assert_equal path.to_s, dump(path).path
    assert_whole Dump.skim(path.to_s)
  end

  # What lies below an object says nothing of what it does with what is written to it.
  def test_who_has_only_an_io_below_is_refused
    File.open(File.join(scratch, "below"), "w") do |below|
      wrapper = Object.new
      wrapper.define_singleton_method(:to_io) { below }
      error = assert_raises(ArgumentError) { dump(wrapper) }
      assert_match(/give the IO itself/, error.message)
    end
    assert_equal 0, File.size(File.join(scratch, "below"))
    assert_raises(ArgumentError) { dump(Object.new) }
  end

  # In a handler no lock can be had, so none may be needed but by the object's own `write`.
  def test_in_a_signal_handler
    outcome = Child.ruby!(<<~'RUBY', JSON.generate(mode), flags: %w[-W0 -rjson -rstringio])
      require "heapdump"
      options = JSON.parse(ARGV[0], symbolize_names: true)
      reader, writer = IO.pipe
      text = Thread.new { reader.read }
      lock = Mutex.new
      locked = Object.new
      locked.define_singleton_method(:write) { |bytes| lock.synchronize { bytes.bytesize } }
      told = nil
      trap("USR2") do
        told = [writer, StringIO.new].map { |target| HeapDump.dump(target, **options).bytes }
        HeapDump.dump(locked, **options)
      rescue Exception => e
        told = [*told, e.class, e.message]
      end
      Process.kill(:USR2, Process.pid)
      sleep 0.01 until told&.size == 4
      writer.close
      p text.value.bytesize == told[0], told[2..]
    RUBY
    assert_match(/\Atrue\n\[HeapDump::WriteError, ".*trap context/, outcome.out)
  end

  private

  def mode
    {}
  end

  # Without strings, since those of the dumps before are among them.
  def dump(target, **options)
    HeapDump.dump(target, gc: false, strings: :none, **mode, **options)
  end

  def usage
    [Dir.children("/proc/self/fd").size, Thread.list.size]
  end

  def unsealed(path)
    File.binread(path).tr(SEALED, PLAIN)
  end

  def assert_streamed(result, text)
    path = File.join(scratch, "streamed.json")
    File.binwrite(path, text)
    dump = assert_whole Dump.skim(path)
    assert_equal [dump.size, text.bytesize], [result.objects, result.bytes]
  end

  # Hands on what comes from either side; keeps what came from the first.
  def relay(from, to, seen)
    loop do
      ready, = IO.select([from, to])
      ready.each do |io|
        bytes = io.readpartial(1 << 16)
        seen << bytes if io == from
        (io == from ? to : from).write(bytes)
      end
    end
  rescue EOFError, Errno::EPIPE, Errno::ECONNRESET
    to.close_write
  end

  def tls_server(socket)
    key = OpenSSL::PKey::RSA.new(2048)
    certificate = OpenSSL::X509::Certificate.new
    certificate.subject = certificate.issuer = OpenSSL::X509::Name.parse("/CN=test")
    certificate.public_key = key.public_key
    certificate.not_before = Time.now - 60
    certificate.not_after = Time.now + 3600
    certificate.sign(key, OpenSSL::Digest.new("SHA256"))
    context = OpenSSL::SSL::SSLContext.new
    context.cert = certificate
    context.key = key
    connection = OpenSSL::SSL::SSLSocket.new(socket, context)
    connection.accept
    connection.read
  end
end

# The same without forked processes.
class TestTargetsInProcess < TestTargets
  def mode
    { fork: false }
  end
end

# The same by a thread that hands the dump on.
class TestTargetsAsync < TestTargets
  def dump(target, **options)
    pending = HeapDump.dump_async(target, gc: false, strings: :none, **options)
    pending.wait(0)
    pending.wait(60) or flunk("not within 60 s")
    assert_predicate pending, :done?
    wait_until("its thread has ended") { Thread.list.none? { |thread| thread.name == "heapdump" } }
    pending.result
  end

  # A thread is no signal's handler: there it may lock.
  def test_in_a_signal_handler
    skip "the other two show it"
  end

  def test_cancelled_while_write_waits
    entered = Queue.new
    sink = Object.new
    sink.define_singleton_method(:write) do |_|
      entered << true
      sleep
    end
    pending = HeapDump.dump_async(sink, gc: false)
    entered.pop
    pending.cancel
    assert_predicate pending, :done?
    assert_raises(HeapDump::Error) { pending.result }
    wait_until("its thread has ended") { Thread.list.none? { |thread| thread.name == "heapdump" } }
  end

  def test_its_thread_is_killed
    entered = Queue.new
    sink = Object.new
    sink.define_singleton_method(:write) do |_|
      entered << Thread.current
      sleep
    end
    pending = HeapDump.dump_async(sink, gc: false)
    entered.pop.kill
    error = assert_raises(HeapDump::Error) { pending.result }
    assert_match(/thread was killed/, error.message)
  end

  def test_longer_than_its_timeout
    sink = Object.new
    sink.define_singleton_method(:write) { |_| sleep }
    pending = HeapDump.dump_async(sink, gc: false, timeout: 0.5)
    assert_raises(HeapDump::Error) { pending.result }
    wait_until("its thread has ended") { Thread.list.none? { |thread| thread.name == "heapdump" } }
  end
end

# A target that harms more than itself, in a process of its own.
class TestHarmfulTargets < HeapDumpTest
  # Not even an object that closes all that it finds makes a Result of half a dump.
  def test_what_closes_everything
    out = Child.ruby!(<<~'RUBY').out
      require "heapdump"
      sink = Object.new
      def sink.write(bytes)
        ObjectSpace.each_object(IO) { |io| io.close if !io.closed? && io.fileno > 2 }
        bytes.bytesize
      end
      [true, false].each do |fork|
        HeapDump.dump(sink, fork: fork)
        puts "whole"
      rescue HeapDump::Error
        puts "error"
      end
    RUBY
    assert_equal "error\nerror\n", out
  end
end
