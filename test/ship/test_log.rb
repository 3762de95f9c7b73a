# frozen_string_literal: true

require "test_helper"
require "heapdump/cli"
require "support/shippable"

# A reader of the output that has gone, and a log on a full disk.
class TestShipLog < HeapDumpTest
  include Shippable

  # An output that cannot be written.
  class Broken < StringIO
    def initialize(error)
      @error = error
      super()
    end

    def flush
      raise @error
    end
  end

  def ship_to(out, *options)
    err = StringIO.new
    status = HeapDump::CLI.run(["ship", from, "--to", to, "--once", *options], out: out, err: err)
    [status, err.string]
  end

  def states(paths)
    paths.map { |path| HeapDump::Ship::Marks.state(path) }
  end

  # As with every command: it ends, but it does not say that the dump has failed.
  def test_no_reader
    paths = [dump("a.json", age: 20), dump("b.json")]
    [[], ["--json"]].each do |options|
      assert_equal [HeapDump::CLI::NO_READER, ""], ship_to(Broken.new(Errno::EPIPE), *options)
    end
    assert_equal %i[shipped shipped], states(paths)
    assert_equal %w[a.json b.json], files(to).grep_v(/manifest/)
  end

  # Dumps may be what has filled it.
  def test_a_log_on_a_full_disk
    paths = [dump("a.json", age: 20), dump("b.json")]
    status, said = ship_to(Broken.new(Errno::ENOSPC))
    assert_equal %i[shipped shipped], states(paths)
    assert_equal HeapDump::CLI::ERROR, status # of the end, where it is tried again to write
    assert_equal "heapdump: the disk is full\n", said
  end
end
