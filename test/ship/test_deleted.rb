# frozen_string_literal: true

require "test_helper"
require "support/command_line"
require "support/put_server"
require "support/shippable"

# A dump is removed only when it has arrived, whoever is killed and however many ship.
class TestShipDeleted < HeapDumpTest
  include CommandLine
  include Shippable

  def setup
    super
    @server = PutServer.new
    @paths = [dump("a.json", bytes: 300_000, age: 30), dump("b.json")]
    @sums = @paths.map { |path| sha256(path) }
  end

  def teardown
    @server.stop
    super
  end

  def start
    start_ship("--to", "#{@server.address}/d/", "--once", "--delete")
  end

  def kill_at(method, name)
    reached = Queue.new
    @server.fault = lambda do |request|
      next unless request.request_method == method && request.path == "/d/#{name}"

      reached << true
      :stall
    end
    pid = start
    Timeout.timeout(60 * Child::PATIENCE) { reached.pop }
    Process.kill(:KILL, pid)
    wait_for(pid)
    @server.fault = nil
  end

  def assert_all_there
    assert_equal %w[a.json a.json.manifest.json b.json b.json.manifest.json],
                 @server.files.keys.sort.map { |path| path.delete_prefix("/d/") }
    stored = %w[a b].map { |name| @server.files["/d/#{name}.json"] }
    assert_equal(@sums, stored.map { |bytes| Digest::SHA256.hexdigest(bytes) })
    assert_empty files(from)
  end

  def test_killed_before_and_after_the_last_byte
    kill_at("PUT", "a.json")
    assert_empty @server.files
    assert_path_exists @paths[0]
    kill_at("PUT", "a.json.manifest.json")
    assert_equal ["/d/a.json"], @server.files.keys
    assert_path_exists @paths[0]
    kill_at("PUT", "b.json")
    refute_path_exists @paths[0]
    assert_path_exists @paths[1]
    assert_predicate wait_for(start), :success?, File.read(log("err"))
    assert_all_there
  end

  # The second waits, and finds nothing to do.
  def test_two_at_once
    pids = Array.new(2) { start }
    pids.each { |pid| assert_predicate wait_for(pid), :success?, File.read(log("err")) }
    assert_all_there
    assert_equal 4, @server.requests.size
  end
end
