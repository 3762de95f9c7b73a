# frozen_string_literal: true

require "test_helper"
require "minitest/mock"
require "support/command_line"
require "support/shippable"

# A directory of another user, and one that can only be read.
class TestShipUsers < HeapDumpTest
  include CommandLine
  include Shippable

  # As File.open and File.new refuse one file.
  def refusing(name, error, &block)
    File.stub(:open, refusal(File.method(:open), name, error)) do
      File.stub(:new, refusal(File.method(:new), name, error), &block)
    end
  end

  def refusal(real, name, error)
    lambda do |path, *all, **options, &block|
      raise error, path if path.to_s.end_with?(name)

      real.call(path, *all, **options, &block)
    end
  end

  def test_the_lock_of_another_user
    dump("a.json")
    refusing("/ship.lock", Errno::EACCES) do
      status = heapdump!("ship", from, "--status")
      assert_includes status.lines, "Another user has shipped them, and may do so now."
      assert_nil heapdump!("ship", from, "--status", "--json").json["process"]
      assert_equal "heapdump: #{from}/ship.lock cannot be written: this user has no right to it; " \
                   "heapdump ship notes in this directory what it has shipped, always as the " \
                   "same user\n", heapdump("ship", from, "--to", to, "--once").err
    end
    assert_empty files(to)
  end

  def test_a_directory_that_can_only_be_read
    dump("a.json")
    refusing("/ship.lock", Errno::EROFS) do
      assert_match(/can only be read; heapdump ship notes/,
                   heapdump("ship", from, "--to", to, "--once").err)
    end
  end

  # It is not cut off because this user may not read it.
  def test_the_status_of_a_dump_that_cannot_be_read
    path = dump("a.json")
    readable = File.method(:readable?)
    File.stub(:readable?, ->(file) { file != path && readable.call(file) }) do
      assert_match(/a\.json +waiting$/, heapdump!("ship", from, "--status").out)
    end
  end

  # The mark says where; the name of the file that could not be written, too.
  def test_what_cannot_be_noted
    path = dump("a.json")
    write = HeapDump::Ship::Marks.method(:write_file)
    full = lambda do |file, fields|
      raise Errno::ENOSPC, file if file.end_with?(".shipped")

      write.call(file, fields)
    end
    HeapDump::Ship::Marks.stub(:write_file, full) do
      assert_equal "it is at #{to}/a.json, but cannot be marked as shipped here: " \
                   "#{path}.shipped: the disk is full",
                   ship(HeapDump::Ship.sink(to), pauses: []).failures.first[1]
    end
  end
end
