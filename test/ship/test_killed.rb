# frozen_string_literal: true

require "test_helper"
require "support/command_line"
require "support/s3_server"
require "support/shippable"

# A process that ships is killed in the middle, and another one goes on: nothing is lost, and
# nothing is there twice.
class TestShipKilled < HeapDumpTest
  include CommandLine
  include Shippable

  PART = HeapDump::Ship::S3::PART

  def setup
    super
    need_s3
    @store = S3Server.new
    @paths = [dump("a.json", bytes: PART * 5 / 4, age: 30), dump("b.json")]
  end

  def teardown
    @store&.stop
    super
  end

  # What the store answers otherwise than it should, as long as nothing is to be killed.
  def fault
    return unless @no_lists

    lambda do |request|
      lists = request.request_method == "GET" && request.query_string == "uploads"
      ["NotImplemented", 501] if lists
    end
  end

  # Kills the process when the store has got a request of this kind, which it never answers.
  def kill_at(&which)
    reached = Queue.new
    @store.fault = lambda do |request|
      next fault&.call(request) unless which.call(request)

      reached << true
      :stall
    end
    pid = start_ship("--to", @store.address("heaps"), "--once")
    Timeout.timeout(60 * Child::PATIENCE) { reached.pop }
    Process.kill(:KILL, pid)
    assert_predicate wait_for(pid), :signaled?
    @store.fault = fault
  end

  def go_on
    pid = start_ship("--to", @store.address("heaps"), "--once")
    assert_predicate wait_for(pid), :success?, File.read(log("err"))
  end

  def assert_all_there
    names = @paths.map { |path| File.basename(path) }
    assert_equal names.flat_map { |name| ["heaps/#{name}", "heaps/#{name}.manifest.json"] },
                 @store.things.keys.sort
    assert_empty @store.uploads.keys
    @paths.each do |path|
      stored = @store.things["heaps/#{File.basename(path)}"]
      assert_equal sha256(path), Digest::SHA256.hexdigest(stored.body)
      assert_equal sha256(path), mark(path, ".shipped")["sha256"]
    end
    assert_empty(files(from).grep(/\.failed\z|\.unfinished\z|\.\d+\z/))
  end

  def uploads_of_a
    @store.requests.count { |method, path| method == "POST" && path.include?("a.json?uploads") }
  end

  def test_at_one_point_after_the_other
    kill_at { |request| request.query_string.to_s.include?("partNumber=2") }
    assert_equal 1, @store.uploads.size
    assert_empty @store.things
    # all is there, and nothing says so
    kill_at do |request|
      request.request_method == "HEAD" && request.path.end_with?("a.json.manifest.json")
    end
    assert_equal ["heaps/a.json"], @store.things.keys
    refute_path_exists "#{@paths[0]}.shipped"
    kill_at { |request| request.request_method == "PUT" && request.path.end_with?("/b.json") }
    assert_path_exists "#{@paths[0]}.shipped"
    go_on
    assert_all_there
    assert_equal 2, uploads_of_a
  end

  # Where nobody can ask the store which uploads are unfinished, it is known from this directory.
  def test_a_store_that_lists_no_uploads
    @no_lists = true
    kill_at { |request| request.query_string.to_s.include?("partNumber=2") }
    id, = @store.uploads.keys
    noted = JSON.parse(File.read("#{@paths[0]}.unfinished"))["uploads"]
    assert_equal [{ "bucket" => "heaps", "key" => "a.json", "id" => id }], noted
    kill_at { |request| request.query_string.to_s.include?("partNumber=2") }
    refute_includes @store.uploads.keys, id
    # all is there but the answer
    kill_at do |request|
      request.request_method == "HEAD" && request.path.end_with?("a.json.manifest.json")
    end
    go_on
    assert_all_there
  end

  # At so many requests of a process.
  def test_again_and_again
    [1, 3, 5, 7, 9, 5].each do |number|
      seen = 0
      kill_at { (seen += 1) == number }
    end
    assert_path_exists "#{@paths[0]}.shipped"
    go_on
    assert_all_there
  end

  # Whoever fails goes on failing, and says so with its status.
  def test_what_it_says
    @store.fault = ->(_) { ["AccessDenied", 403] }
    pid = start_ship("--to", @store.address("heaps"))
    wait_until("it has tried twice", seconds: 40) { File.read(log("err")).scan("try 2").size > 1 }
    line = File.read("/proc/#{pid}/cmdline") + File.read(log("err"))
    refute_includes line, KEYS["AWS_SECRET_ACCESS_KEY"]
    assert_includes line, "a.json: try 1 of 5 has failed: s3://heaps: AccessDenied: of the test; " \
                          "again in 1 s\n"
    assert_equal pid, heapdump("ship", from, "--status", "--json").json["process"]
    @store.fault = nil
    Process.kill(:TERM, pid)
    assert_predicate wait_for(pid), :success?
    assert_all_there # at the end there was one last try
  end
end
