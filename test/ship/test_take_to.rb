# frozen_string_literal: true

require "test_helper"
require "heapdump/cli/ship_one"
require "support/command_line"
require "support/outside"
require "support/put_server"
require "support/shippable"

# heapdump take --to: a dump of a process, brought to another place at once.
class TestTakeTo < HeapDumpTest
  include CommandLine
  include Shippable

  def setup
    super
    skip "SKIPPED: no /proc here" unless File.exist?("/proc/self/maps")
  end

  def with_process
    code = "require 'heapdump'; " \
           "HeapDump.on_signal('USR2', path: #{File.join(from, "heap-%{count}.json.zst").dump})"
    Outside.with_process("#{code}; sleep", "-I", Child::LOAD_PATHS.first) do |pid|
      wait_until("the handler is there") { HeapDump::Outside::Target.new(pid).handlers.any? }
      yield pid.to_s
    end
  end

  def test_to_a_directory
    with_process do |pid|
      answer = heapdump!("take", pid, "--to", to)
      path = Dir["#{from}/*.zst"].fetch(0)
      name = File.basename(path)
      assert_includes answer.lines, "shipped to #{to}/#{name}"
      assert_equal [name, "#{name}.manifest.json"], files(to)
      assert_equal sha256(path), sha256("#{to}/#{name}")
      assert_equal [name, "#{name}.manifest.json", "#{name}.shipped"], files(from)
      json = heapdump!("take", pid, "--to", to, "--json").json
      assert_equal "#{to}/#{File.basename(json["path"])}", json["shipped"]["address"]
      assert_equal pid.to_i, JSON.parse(File.read("#{json["path"]}.manifest.json"))["header"]["pid"]
      refute heapdump!("take", pid, "--json").json.key?("shipped")
    end
  end

  def test_to_a_signed_address
    server = PutServer.new
    with_process do |pid|
      with_env("WHERE" => "#{server.address}/one?sig=topsecret") do
        answer = heapdump!("take", pid, "--to", "env:WHERE")
        assert_includes answer.lines, "shipped to #{server.address}/one"
        assert_equal ["/one"], server.files.keys
      end
    end
  ensure
    server&.stop
  end

  # Nothing is asked of the process then.
  def test_a_wrong_address
    with_process do |pid|
      answer = heapdump("take", pid, "--to", "https://x/?sig=topsecret")
      assert_equal [1, ""], [answer.status, answer.out]
      heapdump!("take", pid)
      assert_equal %w[heap-1.json.zst], files(from)
    end
  end

  def test_it_could_not_be_shipped
    path = dump("a.json", age: 0)
    err = StringIO.new
    one = HeapDump::CLI::ShipOne.new(HeapDump::Ship.sink("exec:false"), err,
                                     tries: HeapDump::Ship::Tries.new([0]))
    error = assert_raises(HeapDump::Error) { one.call(path) }
    assert_equal "the dump is at #{path}, but it was not shipped: exec:false: exit status 1; " \
                 "`heapdump ship #{from} --once --retry --to …` tries again", error.message
    assert_equal ["heapdump: the dump is at #{path}\n",
                  "heapdump: a.json: try 1 of 2 has failed: exec:false: exit status 1; " \
                  "again in 0 s\n"], err.string.lines
    assert_path_exists path
  end

  # Nobody waits for a name that another file has.
  def test_another_file_is_there
    dump("a.json", age: 0)
    File.write("#{to}/a.json", "another")
    err = StringIO.new
    one = HeapDump::CLI::ShipOne.new(HeapDump::Ship.sink(to), err,
                                     tries: HeapDump::Ship::Tries.new([1000]))
    error = assert_raises(HeapDump::Error) { one.call("#{from}/a.json") }
    assert_match(/another file is at .*a\.json already, .* tries again/, error.message)
    assert_empty err.string
  end

  def test_it_is_not_whole
    one = HeapDump::CLI::ShipOne.new(HeapDump::Ship.sink(to), StringIO.new)
    error = assert_raises(HeapDump::Error) { one.call(dump("cut.json", footer: nil)) }
    assert_match(/it is not whole/, error.message)
    assert_empty files(to)
  end

  def test_another_process_ships
    path = dump("a.json")
    HeapDump::Ship::Lock.new(from).hold do
      one = HeapDump::CLI::ShipOne.new(HeapDump::Ship.sink(to), StringIO.new)
      assert_match(/ships the dumps of .* already/,
                   assert_raises(HeapDump::Error) { one.call(path) }.message)
    end
  end
end
