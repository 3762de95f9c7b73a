# frozen_string_literal: true

require "test_helper"
require "net/http"
require "socket"
require "support/shippable"

# Dumps go to a store that others have written: moto, where it is installed.
class TestShipMoto < HeapDumpTest
  include Shippable

  def setup
    super
    need_s3
    skip "SKIPPED: moto_server is not installed" unless moto?
    start_moto
    client.create_bucket(bucket: "heaps")
  end

  def teardown
    if @pid
      Process.kill(:KILL, -@pid)
      Process.wait(@pid)
    end
    super
  end

  def moto?
    system("moto_server", "--help", %i[in out err] => File::NULL)
  end

  # Another process may take the port before moto does, which ends then.
  def start_moto
    5.times do
      @port = TCPServer.open("127.0.0.1", 0) { |server| server.addr[1] }
      @pid = Process.spawn("moto_server", "-H", "127.0.0.1", "-p", @port.to_s,
                           %i[in out err] => File::NULL, pgroup: true)
      wait_until("moto answers", seconds: 60) { ended? || answers? }
      return if @pid
    end
    flunk "moto has found no port"
  end

  def ended?
    @pid = nil if Process.wait(@pid, Process::WNOHANG)
    @pid.nil?
  end

  # Moto, and nobody else.
  def answers?
    Net::HTTP.start("127.0.0.1", @port, nil, open_timeout: 5, read_timeout: 5) do |http|
      http.get("/moto-api/")["Server"].to_s.include?("Werkzeug")
    end
  rescue SystemCallError, IOError, Timeout::Error, Net::HTTPBadResponse
    false
  end

  def endpoint
    "http://127.0.0.1:#{@port}"
  end

  def client
    @client ||= with_env(KEYS) do
      HeapDump::Ship::S3Client.new(region: nil, endpoint: endpoint, timeout: 60)
    end
  end

  def sink
    with_env(KEYS) { HeapDump::Ship.sink("s3://heaps/shop?#{URI.encode_www_form(endpoint: endpoint)}") }
  end

  def stored(name)
    Digest::SHA256.hexdigest(client.get_object(bucket: "heaps", key: "shop/#{name}").body.read)
  end

  def test_small_and_in_parts
    paths = [dump("a.json"), dump("b.json", bytes: HeapDump::Ship::S3::PART * 2)]
    assert_empty ship(sink, pauses: []).failures
    paths.each do |path|
      name = File.basename(path)
      assert_equal sha256(path), stored(name)
      found = client.head_object(bucket: "heaps", key: "shop/#{name}")
      assert_equal found.etag.delete('"'), mark(path, ".shipped")["etag"]
      File.unlink("#{path}.shipped")
    end
    assert_equal 4, client.list_objects_v2(bucket: "heaps").contents.size
    assert_equal 2, ship(sink, pauses: []).shipped_dumps.size # all is there already
    assert_empty client.list_multipart_uploads(bucket: "heaps").uploads
  end

  # Not even if nobody has looked before.
  def test_nothing_is_replaced
    sink = self.sink
    sink.define_singleton_method(:there) { |*| nil }
    [["a.json", 1000], ["b.json", HeapDump::Ship::S3::PART * 2]].each do |name, bytes|
      client.put_object(bucket: "heaps", key: "shop/#{name}", body: "other")
      dump(name, bytes: bytes)
    end
    told = ship(sink, pauses: [])
    assert_equal(2, told.failures.count { |failure| failure[1].include?("another file") })
    assert_equal [Digest::SHA256.hexdigest("other")] * 2, [stored("a.json"), stored("b.json")]
    assert_empty client.list_multipart_uploads(bucket: "heaps").uploads
  end
end
