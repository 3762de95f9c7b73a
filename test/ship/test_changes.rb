# frozen_string_literal: true

require "test_helper"
require "minitest/mock"
require "support/put_server"
require "support/s3_server"
require "support/shippable"

# Files that change, vanish or are not what they should be, while dumps are shipped.
class TestShipChanges < HeapDumpTest
  include Shippable

  # A sink that keeps what it gets, and calls the block before.
  class Keeper
    attr_reader :got

    def initialize(&before)
      @before = before
      @got = []
    end

    def call(file, facts)
      @before&.call(file)
      @got << [facts["name"], Digest::SHA256.file(file).hexdigest]
      facts["name"]
    end
  end

  # Once, just before the dump is sent.
  def replacing(path)
    once = true
    lambda do |file|
      next unless once && file == path

      once = false
      File.rename(dump("other.json", bytes: 9000), path)
    end
  end

  # The file that has come instead has not arrived anywhere yet.
  def test_replaced_and_deleted
    path = dump("a.json")
    sink = Keeper.new(&replacing(path))
    sums = [sha256(path)]
    told = ship(sink, delete: true)
    assert_empty told.failures
    assert_empty files(from)
    refute_includes sums, sink.got[0][1]
    assert_equal [%w[a.json a.json a.json.manifest.json], 1],
                 [sink.got.map(&:first), told.shipped_dumps.size]
  end

  def test_replaced_and_kept
    path = dump("a.json")
    sink = Keeper.new(&replacing(path))
    ship(sink)
    assert_equal sha256(path), mark(path, ".shipped")["sha256"]
    assert_equal sha256(path), sink.got[1][1]
  end

  # At the very last moment.
  def test_replaced_when_it_is_removed
    path = dump("a.json")
    old = dumps.find("a.json")
    replacing(path).call(path)
    HeapDump::Ship::Keep.remove(old)
    assert_path_exists path
    HeapDump::Ship::Keep.remove(dumps.find("a.json"))
    refute_path_exists path
  end

  # Each of the sinks: the file that is named has the digest that is named, or is not there.
  def test_every_sink_compares
    need_s3
    servers = [PutServer.new, S3Server.new]
    path = dump("a.json", bytes: 40_000)
    facts = { "name" => "a.json", "sha256" => "0" * 64 }
    sinks = ["#{servers[0].address}/d/", servers[1].address("heaps"), to]
    sinks.each do |address|
      sink = with_env(KEYS) { HeapDump::Ship.sink(address, timeout: 5) }
      error = assert_raises(HeapDump::Ship::Manifest::Changed, address) { sink.call(path, facts) }
      assert_match(/it has changed/, error.message)
    end
    assert_empty servers[0].files
    assert_empty servers[1].things
    assert_empty files(to)
  ensure
    servers&.each(&:stop)
  end

  # In the middle of its parts.
  def test_parts_that_change
    need_s3
    store = S3Server.new
    path = dump("a.json", bytes: 500_000)
    store.fault = lambda do |request|
      File.write(path, "changed", 400_000) if request.query_string.to_s.include?("partNumber=2")
      nil
    end
    client = with_env(KEYS) do
      HeapDump::Ship::S3Client.new(region: nil, endpoint: store.endpoint, timeout: 60)
    end
    sink = HeapDump::Ship::S3.new(client, "heaps", "", part: 64 << 10)
    assert_raises(HeapDump::Ship::Manifest::Changed) do
      sink.call(path, "name" => "a.json", "sha256" => sha256(path))
    end
    assert_empty store.things
    assert_empty store.uploads
  ensure
    store&.stop
  end

  # It is no reason to try for ever.
  def test_a_manifest_of_another_file
    path = dump("a.json")
    stat = File.stat(path)
    HeapDump::Ship::Marks.write_file("#{path}.manifest.json",
                                     { "sha256" => "0" * 64,
                                       **HeapDump::Ship::Marks.identity(stat) })
    told = ship(HeapDump::Ship.sink(to))
    assert_equal 5, told.failures.size
    assert_match(/a\.json\.manifest\.json is that of another file/, told.failures.last[1])
    assert_empty files(to)
    File.unlink("#{path}.manifest.json")
    assert_equal 1, ship(HeapDump::Ship.sink(to), &:retry_failed).shipped_dumps.size
  end

  # As of a directory of another user with the sticky bit.
  def test_it_cannot_be_removed
    path = dump("a.json")
    unlink = File.method(:unlink)
    refuse = ->(*all) { all == [path] ? raise(Errno::EPERM) : unlink.call(*all) }
    File.stub(:unlink, refuse) do
      told = ship(Keeper.new, delete: true)
      assert_equal "it is at a.json, but cannot be removed here: this user has no right to do that",
                   told.failures.map { |one| one[1] }.uniq.join(",")
      assert_equal 5, told.failures.size
      told = ship(Keeper.new, keep: 0)
      assert_empty told.dropped_dumps
    end
    assert_path_exists path
  end

  # A sidecar of another user.
  def test_it_cannot_be_read
    path = dump("a.json")
    File.write("#{from}/other.txt", "")
    File.stub(:readable?, false) do
      sink = Keeper.new { raise Errno::EACCES }
      told = ship(sink, pauses: [])
      assert_equal [["a.json", "this user has no right to it", 1, 1, nil]], told.failures
    end
    assert_path_exists "#{path}.failed"
  end

  # Nothing is read but files, and no more than such a file could have.
  def test_marks_that_are_none
    path = dump("a.json")
    secret = File.join(scratch, "secret.json")
    File.write(secret, JSON.generate("password" => "topsecret"))
    put = [->(at) { File.mkfifo(at) }, ->(at) { File.symlink(secret, at) },
           ->(at) { File.symlink("/dev/zero", at) },
           ->(at) { File.write(at, "[") && File.truncate(at, 20 << 20) }]
    put.each do |each|
      [".shipped", ".manifest.json"].each { |ending| each.call(path + ending) }
      sink = Keeper.new
      assert_equal 1, ship(sink).shipped_dumps.size
      refute_includes File.read("#{path}.manifest.json"), "topsecret"
      files(from).grep_v("a.json").each { |name| File.unlink(File.join(from, name)) }
      [".shipped", ".manifest.json"].each { |ending| FileUtils.rm_f(path + ending) }
    end
  end

  # As those who clean up /var/tmp do.
  def test_the_lock_is_removed
    dump("a.json", age: 30)
    dump("b.json")
    lock = HeapDump::Ship::Lock.new(from)
    file = "#{from}/ship.lock"
    removed = false
    sink = Keeper.new do
      next if removed

      removed = File.unlink(file)
      raise IOError # so that there is a second round
    end
    lock.hold do
      assert_equal 2, ship(sink, lock: lock).shipped_dumps.size
      assert_equal Process.pid, HeapDump::Ship::Lock.new(from).holder
    end
    refute_path_exists file
  end

  def test_the_lock_has_become_that_of_another
    mine = HeapDump::Ship::Lock.new(from, patience: 0.1)
    mine.hold do
      File.unlink("#{from}/ship.lock")
      HeapDump::Ship::Lock.new(from).hold do
        assert_match(/already/, assert_raises(HeapDump::Error) { mine.renew }.message)
      end
    end
  end

  def test_the_directory_vanishes
    dump("a.json")
    lock = HeapDump::Ship::Lock.new(from)
    sink = Keeper.new { FileUtils.rm_rf(from) }
    assert_raises(HeapDump::Error) { lock.hold { ship(sink, lock: lock) } }
  end

  # Whatever a process before has left, with whatever rights.
  def test_rights_of_what_is_left
    path = dump("series-h-1-x/a.json")
    Dir.mkdir("#{to}/series-h-1-x", 0o700)
    left = "#{to}/series-h-1-x/a.json.partial-0"
    File.write(left, "half")
    File.chmod(0o666, left)
    ship(HeapDump::Ship.sink(to))
    written = ["#{path}.shipped", "#{path}.manifest.json", "#{to}/series-h-1-x/a.json",
               "#{to}/series-h-1-x/a.json.manifest.json"]
    assert_equal([0o600], written.map { |file| File.stat(file).mode & 0o777 }.uniq)
    refute_path_exists left
    dump("series-h-1-y/a.json")
    ship(HeapDump::Ship.sink(to))
    assert_equal 0o700, File.stat("#{to}/series-h-1-y").mode & 0o777
  end
end
