# frozen_string_literal: true

require "test_helper"
require "heapdump/watch/lock"
require "minitest/mock"
require "support/shippable"

# A watch writes the manifest of a dump after the dump, and what it says in it must not get lost.
class TestShipBesideAWatch < HeapDumpTest
  include Shippable

  def waits
    all = dumps
    all.all.to_h { |dump| [dump.name, all.wait(dump)] }
  end

  def note(path)
    File.write("#{path}.manifest.json", JSON.generate(version: 1, rule: "memory", bytes: 5))
  end

  # However long that takes.
  def test_a_dump_without_a_manifest_waits_for_the_lock
    path = dump("series-h-1-x/a.json", age: 1000)
    dump("b.json")
    lock = HeapDump::Watch::Lock.new(from)
    lock.take
    assert_equal({ "series-h-1-x/a.json" => 2, "b.json" => 0 }, waits)
    note(path)
    assert_equal({ "series-h-1-x/a.json" => 0, "b.json" => 0 }, waits)
    File.unlink("#{path}.manifest.json")
    lock.release
    assert_equal({ "series-h-1-x/a.json" => 0, "b.json" => 0 }, waits) # the watch was killed
    File.unlink("#{from}/lock")
    assert_equal({ "series-h-1-x/a.json" => 0, "b.json" => 0 }, waits)
  end

  # Nothing could be shipped later, when the container is gone.
  def test_at_the_end_nothing_waits
    dump("series-h-1-x/a.json")
    lock = HeapDump::Watch::Lock.new(from)
    lock.take
    assert_equal 1, ship(->(*) { "there" }, &:stop).shipped_dumps.size
  ensure
    lock.release
  end

  def assert_all_said(path, fields)
    assert_equal ["memory", sha256(path), File.size(path)],
                 fields.values_at("rule", "sha256", "bytes")
  end

  def test_a_manifest_that_comes_while_the_dump_is_read
    path = dump("a.json")
    manifest = HeapDump::Ship::Manifest
    digest = manifest.method(:digest)
    sent = []
    manifest.stub(:digest, ->(file) { note(path) && digest.call(file) }) do
      ship(->(file, _) { sent.push(File.binread(file)) && "there" })
    end
    assert_all_said(path, mark(path, ".manifest.json"))
    assert_all_said(path, JSON.parse(sent.last))
  end

  # Its digest is known then.
  def test_a_manifest_that_comes_while_the_dump_is_sent
    path = dump("a.json")
    manifest = HeapDump::Ship::Manifest
    digests = []
    digest = manifest.method(:digest)
    sent = []
    sink = lambda do |file, _|
      sent << File.binread(file)
      note(path) if sent.size == 1
      "there"
    end
    manifest.stub(:digest, ->(file) { digests.push(file) && digest.call(file) }) { ship(sink) }
    assert_all_said(path, mark(path, ".manifest.json"))
    assert_all_said(path, JSON.parse(sent.fetch(1)))
    assert_equal [path], digests
  end
end
