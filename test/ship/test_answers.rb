# frozen_string_literal: true

require "test_helper"
require "minitest/mock"
require "support/put_server"
require "support/raw_server"
require "support/s3_server"
require "support/shippable"

# Servers that answer what they should not.
class TestShipAnswers < HeapDumpTest
  include Shippable

  NOTHING = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

  def teardown
    @server&.stop
    super
  end

  def raw(&)
    @server&.stop
    @server = RawServer.new(&)
  end

  def ship_to_raw(**options)
    ship(HeapDump::Ship.sink("#{@server.address}/one?sig=topsecret", timeout: 5, **options),
         pauses: [], &:retry_failed)
  end

  # What matters is its status; the rest is not even read.
  def test_an_answer_without_an_end
    path = dump("a.json")
    raw do |socket|
      socket.write("HTTP/1.1 201 Created\r\n\r\n")
      loop { socket.write("x" * 100_000) }
    end
    assert_equal 1, ship_to_raw.shipped_dumps.size
    File.unlink("#{path}.shipped")
    raw do |socket|
      socket.write("HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n")
      loop { socket.write("5\r\nxxxxx\r\n" * 10_000) }
    end
    assert_match(/status 403/, ship_to_raw.failures.first[1])
  end

  # It always makes some progress.
  def test_an_answer_that_comes_in_drops
    dump("a.json")
    raw do |socket|
      socket.write("HTTP/1.1 201 Created\r\n")
      loop { socket.write("X-More: x\r\n") && sleep(0.02) }
    end
    sink = HeapDump::Ship::Https.new("#{@server.address}/one", timeout: 20, longest: 0.3)
    assert_equal ["#{@server.address}/one: it took longer than 0.3 s"],
                 ship(sink, pauses: []).failures.map { |failure| failure[1] }
  end

  def test_answers_that_are_none
    dump("a.json", bytes: 3_000_000)
    { "" => /end of file|has closed/i, "HTTP/1.1 20" => /end of file|has closed|wrong status/i,
      "HTTP/1.1 201 Created\r\nX-Half" => /end of file|has closed|wrong header/i,
      "\0\xFF\e[31m\r\n\r\n".b => /wrong status|has closed/i }.each do |bytes, message|
      raw { |socket| socket.write(bytes) }
      told = ship_to_raw
      assert_match message, told.failures.first[1].scrub, bytes
      assert_empty told.shipped_dumps
    end
  end

  # Neither does anything of it get into a message.
  def test_a_refusal_that_repeats_a_secret
    dump("a.json")
    ["403 topsecret", "302 topsecret\r\nLocation: http://example.com/topsecret",
     "307 no\r\nLocation: #{"x" * 10_000}"].each do |answer|
      raw { |socket| socket.write("HTTP/1.1 #{answer}\r\nContent-Length: 0\r\n\r\n") }
      words = ship_to_raw.failures.first[1]
      assert_equal "#{@server.address}/one has refused it with status #{answer[0, 3]}", words
      assert_equal 1, @server.heads.size # it follows no redirect
    end
  end

  # Its words are shown in the JSON of --status, and kept in a file.
  def test_an_etag_of_anything
    path = dump("a.json")
    raw do |socket|
      socket.write("HTTP/1.1 200 OK\r\nETag: \e[31m\xFF#{"x" * 1000}\r\nContent-Length: 0\r\n\r\n")
    end
    assert_equal 1, ship_to_raw.shipped_dumps.size
    assert_operator mark(path, ".shipped")["etag"].bytesize, :<, 300
    assert_predicate File.read("#{path}.shipped"), :ascii_only?
  end

  # Each try of the SDK.
  def test_a_store_that_closes
    need_s3
    dump("a.json", bytes: 3_000_000)
    ["", "HTTP/1.1 200 OK\r\nX-Ha",
     "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<x"].each do |bytes|
      raw { |socket| socket.write(@server.heads.last.start_with?("PUT") ? bytes : NOTHING) }
      address = "s3://heaps?#{URI.encode_www_form(endpoint: @server.address)}"
      told = with_env(KEYS) do
        Kernel.stub(:sleep, nil) do
          ship(HeapDump::Ship.sink(address, timeout: 5), pauses: [], &:retry_failed)
        end
      end
      assert_equal [1, []], [told.failures.size, told.shipped_dumps], bytes
    end
  end

  # The dump would go to another machine, perhaps as plain text.
  def test_a_redirect_of_a_store
    need_s3
    @server = S3Server.new
    other = RawServer.new { |socket| socket.write("HTTP/1.1 200 OK\r\n\r\n") }
    dump("a.json")
    @server.fault = ->(request) { [other.address, 307] if request.request_method == "PUT" }
    told = with_env(KEYS) do
      ship(HeapDump::Ship.sink(@server.address("heaps")), pauses: [])
    end
    assert_equal 1, told.failures.size
    assert_empty other.heads
  ensure
    other&.stop
  end

  # It does not wait for the end of a file that is too large for it.
  def test_a_server_that_closes
    dump("a.json", bytes: 20_000_000)
    server = RawServer.new do |socket|
      socket.setsockopt(Socket::SOL_SOCKET, Socket::SO_LINGER, [1, 0].pack("ii")) # a reset
    end
    told = ship(HeapDump::Ship.sink("#{server.address}/dir/"), pauses: [])
    assert_match(/the server has closed the connection, .* too large/, told.failures.first[1])
  ensure
    server&.stop
  end

  # A proxy is taken from where all programs look for it, unless the server is this machine.
  def test_a_proxy
    @server = PutServer.new
    dump("a.json")
    hosts = { "x.example" => nil, "acct.blob.core.windows.net" => "BlockBlob" }
    hosts.each_with_index do |(host, kind), i|
      FileUtils.rm_f("#{from}/a.json.shipped")
      with_env("http_proxy" => @server.address, "no_proxy" => nil, "NO_PROXY" => nil) do
        sink = HeapDump::Ship.sink("http://#{host}/#{i}/?sig=topsecret", plain_http: true)
        assert_empty ship(sink, pauses: []).failures
      end
      _, address, headers = @server.requests.find { |request| request[1].include?(host) }
      assert_equal "http://#{host}/#{i}/a.json?sig=topsecret", address
      assert_equal [kind].compact, headers["x-ms-blob-type"]
    end
  end
end
