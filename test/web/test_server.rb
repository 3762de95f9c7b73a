# frozen_string_literal: true

require "test_helper"
require "heapdump/web"
require "support/made_dump"
require "support/raw_http"

# The server of `heapdump ui` on the wire: what strangers may send to it, and what it says then.
class TestServer < HeapDumpTest
  include RawHTTP

  # One for all tests of the process.
  class << self
    def server
      @server ||= begin
        directory = Dir.mktmpdir("heapdump-server")
        path = MadeDump.write(File.join(directory, "heap.json"), 0) do |made|
          made.constant("LIST", made.array([made.object("Session")]))
        end
        Minitest.after_run { FileUtils.rm_rf(directory) }
        HeapDump::Web::Server.new([path]).start
      end
    end
  end

  # Not by the first who asks: that may be many threads at once.
  def setup
    super
    self.class.server
  end

  def port
    self.class.server.port
  end

  def token
    self.class.server.url[/#token=(\h{64})\z/, 1]
  end

  # As the page asks.
  def get(path, *headers, **options)
    raw(port, request(path, "X-Heapdump-Token: #{token}", "Connection: close", *headers,
                      port: port, **options), **options.slice(:method))
  end

  def assert_guarded(answer)
    HeapDump::Web::Reply::HEADERS.each do |name, value|
      assert_equal value, answer.headers[name], answer.inspect
    end
    assert_equal "heapdump", answer.headers["server"]
    assert_empty answer.headers.keys.grep(/\Aaccess-control|cookie/)
    refute_match(/WEBrick|Ruby|<HTML>|\.rb\b/i, answer.body)
  end

  # It was refused, in JSON.
  def assert_refused(statuses, answer)
    assert_includes [*statuses], answer&.status, answer.inspect
    assert_guarded answer
    assert_equal %w[code message], answer.json["error"].keys
  end

  def test_it_answers_its_page_and_its_questions
    page = raw(port, request("/", "Connection: close", port: port))
    assert_equal [200, "text/html; charset=utf-8"], [page.status, page.headers["content-type"]]
    assert_guarded page
    answer = get("/api/v1/dumps")
    assert_equal [200, 1], [answer.status, answer.json["total"]]
    assert_guarded answer
    assert_equal 200, get("/api/v1/dumps", host: "localhost").status
  end

  # Not even on other addresses of the loopback network.
  def test_it_listens_on_one_address_alone
    port = self.class.server.port
    listeners = Dir["/proc/net/tcp{,6}"].flat_map do |file|
      File.readlines(file).drop(1).map(&:split).select { |fields| fields[3] == "0A" }
          .map { |fields| fields[1].split(":") }
    end
    mine = listeners.select { |_address, number| number.hex == port }
    assert_equal [["0100007F", port]], mine.map { |address, number| [address, number.hex] }
    assert_raises(Errno::ECONNREFUSED) { TCPSocket.open("127.0.0.2", port) }
  end

  def test_guards
    assert_refused 421, get("/api/v1/dumps", host: "evil.example")
    assert_refused 421, raw(port, request("/", "Connection: close", host: "127.0.0.1"))
    assert_refused 421, raw(port, "GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
    assert_refused 421, raw(port, "GET / HTTP/1.0\r\n\r\n")
    assert_refused 421, get("/", "Host: evil.example")
    assert_refused 421, raw(port, request("/", "X-Forwarded-Host: 127.0.0.1:#{port}",
                                          "Connection: close", host: "evil.example", port: port))
    assert_refused 403, get("/api/v1/dumps", "Origin: http://evil.example")
    assert_refused 403, get("/api/v1/dumps", "Sec-Fetch-Site: cross-site")
    assert_refused 401, raw(port, request("/api/v1/dumps", "Connection: close", port: port))
    assert_refused 401, raw(port, request("/api/v1/dumps", "X-Heapdump-Token: #{"0" * 64}",
                                          "Connection: close", port: port))
    %w[POST PUT DELETE OPTIONS TRACE].each do |method|
      assert_refused 405, get("/api/v1/dumps", "Content-Length: 0", method: method)
    end
  end

  # What the address in the request line says is not what counts.
  def test_requests_as_for_a_proxy
    line = "GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
    assert_refused 421, raw(port, line)
    ["CONNECT evil.example:80", "OPTIONS *", "GET *"].each do |line|
      assert_refused 400, raw(port, "#{line} HTTP/1.1\r\nHost: 127.0.0.1:#{port}\r\n\r\n")
    end
  end

  PATHS = %w[
    /../web.rb /../../../../etc/passwd /%2e%2e/web.rb /%2e%2e%2f%2e%2e%2fetc/passwd
    /..%5c..%5cetc /viewer.js%00 /viewer.js%00.css //etc/passwd /./app.rb /.. /%00
    /api/v1/%2e%2e/dumps
    /etc/passwd /app.rb /web.rb /%c0%ae%c0%ae/ /~root /api/v1/dumps/../../../etc/passwd
  ].freeze

  def test_paths
    PATHS.each { |path| assert_refused [400, 404], get(path) }
    assert_refused 400, get("/viewer.js\0")
    assert_refused 400, get("/a b")
    assert_refused [400, 404], get("/\xFF".b)
  end

  def test_heads_of_a_megabyte
    assert_refused 413, get("/", "X-Long: #{"x" * 1_000_000}")
    assert_refused 413, get("/", *Array.new(20_000) { |i| "X-#{i}: #{"y" * 40}" })
    assert_refused 414, get("/api/v1/dumps?x=#{"y" * 1_000_000}")
    assert_refused 414, get("/#{"z" * 1_000_000}")
    assert_equal 200, get("/api/v1/dumps").status
  end

  def test_what_is_no_request
    rest = " HTTP/1.1\r\nHost: 127.0.0.1:#{port}\r\nX: a\0b\r\n\r\n"
    ["\r\n\r\n", "GET\r\n\r\n", "GET /\r\n\r\n", "\0\0\0\0\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
     "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".b, "GET / HTTP/1.1\r\nHost\r\n\r\n",
     "GET /api/v1/dumps#{rest}"].each do |bytes|
      TCPSocket.open("127.0.0.1", port) do |socket|
        socket.write(bytes)
        socket.close_write
        answer = answer_from(socket)
        assert_guarded answer if answer
        refute_equal 200, answer&.status
      end
    end
    assert_equal 200, get("/api/v1/dumps").status
  end

  # It is not waited for.
  def test_a_body
    begun = now
    assert_refused 413, get("/api/v1/dumps", "Content-Length: 1000000000")
    assert_refused 413, get("/api/v1/dumps", "Transfer-Encoding: chunked", method: "POST")
    assert_operator now - begun, :<, 5
    assert_equal 200, get("/api/v1/dumps", "Content-Length: 0").status
  end

  def test_head
    get, head = %w[GET HEAD].map { |method| get("/api/v1/dumps", method: method) }
    assert_equal [200, get.headers["content-length"]],
                 [head.status, head.headers["content-length"]]
    assert_empty head.body
  end

  def test_several_requests_on_one_connection
    TCPSocket.open("127.0.0.1", port) do |socket|
      3.times do
        socket.write(request("/api/v1/dumps", "X-Heapdump-Token: #{token}", port: port))
        assert_equal 200, answer_from(socket).status
      end
    end
  end

  def test_fifty_at_once
    threads = Array.new(50) { Thread.new { Array.new(4) { get("/api/v1/dumps").body } } }
    assert_equal 1, threads.flat_map(&:value).uniq.size
  end

  # A request that comes byte by byte neither holds up others nor is waited for for long.
  def test_slow_clients
    slow = Array.new(30) { TCPSocket.open("127.0.0.1", port) }
    begun = now
    slow.each { |socket| socket.write("GET / HT") }
    slow.last.write("TP/1.1\r\nHost: x\r\n")
    20.times do
      slow.first.write("x")
      assert_equal 200, get("/api/v1/dumps").status
      sleep 0.02
    end
    assert_operator now - begun, :<, 5
    trickle(slow.first) until slow.first.wait_readable(0.5)
    assert_operator now - begun, :<, HeapDump::Web::Requests::SECONDS + 5
    assert_nil slow.first.gets
    assert_refused 408, answer_from(slow.last)
  ensure
    slow&.each(&:close)
  end

  # Whoever does not read answers does not keep a connection: there are only so many.
  def test_a_client_that_reads_nothing
    all = 2000 # more than the system keeps for it
    HeapDump::Web::Requests.stub(:taken, 0.5) do
      client = not_reading(request("/viewer.js", port: port) * all)
      sleep 3
      assert_operator all_of(client).scan(%r{^HTTP/1\.1 200}).size, :<, all
    ensure
      client&.close
    end
  end

  # What comes until the server closes the connection.
  def all_of(client)
    text = +""
    loop { text << client.readpartial(1 << 16) }
  rescue EOFError, Errno::ECONNRESET
    text
  end

  # A client that asks for all that, and reads no answer.
  def not_reading(requests)
    socket = Socket.new(:INET, :STREAM)
    socket.setsockopt(:SOCKET, :RCVBUF, 4096)
    socket.connect(Addrinfo.tcp("127.0.0.1", port))
    socket.write_nonblock(requests)
    socket
  rescue IO::WaitWritable
    socket
  end

  # So that no line of it is late.
  def trickle(socket)
    socket.write("x")
  rescue SystemCallError
    nil
  end

  def test_many_who_break_off
    100.times do
      TCPSocket.open("127.0.0.1", port) { |socket| socket.write("GET / HTTP/1.1\r\nHost: x") }
    end
    assert_equal 200, get("/api/v1/dumps").status
  end

  def test_the_token
    assert_match(/\A\h{64}\z/, token)
    other = HeapDump::Web::Server.new([]).start
    refute_includes other.url, token
    refute_equal port, other.port
  ensure
    other&.stop
  end

  def test_a_port_that_is_not_free
    error = assert_raises(HeapDump::Error) { HeapDump::Web::Server.new([], port: port).start }
    assert_match(/\Acannot listen on port #{port} of 127\.0\.0\.1: address already in use; give /,
                 error.message)
  end

  def test_it_ends_when_nobody_asks
    server = HeapDump::Web::Server.new([], idle: 0.5).start
    waiting = Thread.new { server.wait }
    deadline = now + 1
    while now < deadline
      raw(server.port, request("/", "Connection: close", port: server.port))
      sleep 0.05
    end
    assert_predicate waiting, :alive?, "it ended although somebody asked"
    until waiting.join(0.05) # what is refused does not count
      assert_operator now, :<, deadline + 5, "it did not end"
      [["/api/v1/dumps", "127.0.0.1", 401], ["/", "evil.example", 421]].each do |path, host, status|
        bytes = request(path, "Connection: close", host: host, port: server.port)
        assert_equal status, raw(server.port, bytes).status
      end
    end
    server.stop
    assert_raises(Errno::ECONNREFUSED) { TCPSocket.open("127.0.0.1", server.port) }
  end
end
