# frozen_string_literal: true

require "test_helper"
require "heapdump/convert"
require "heapdump/cli/output_file"
require "support/hostile_tables"
require "support/killed"

# A conversion that is killed at any step leaves nothing half, and the next one does all of it.
class TestConvertKilled < HeapDumpTest
  include HostileTables
  include Killed

  def snapshot
    @snapshot ||= HeapDump::Snapshot.open(hostile_dump("#{scratch}/dump.json"), index: false)
  end

  # What counts as a step: methods of these classes and objects.
  def steps_counted
    { IO => %i[write << fsync], File.singleton_class => %i[rename] }
  end

  HeapDump::Convert::FORMATS.each_key do |format|
    define_method("test_#{format}") do
      path = File.join(scratch, "out")
      assert_file(path) do
        HeapDump::CLI::OutputFile.new(path, force: true).write do |io|
          HeapDump::Convert.writer(format, snapshot).write(io)
        end
      end
    end
  end

  def test_sqlite
    path = File.join(scratch, "heap.db")
    assert_file(path) { HeapDump::Convert.store("sqlite", path, force: true).write(snapshot) }
  end

  def assert_file(path, &work)
    snapshot
    whole(work)
    expected = File.binread(path)
    killed(work) do |kill, at|
      File.unlink(path)
      assert_nil kill.call, at
      refute_path_exists path, at
      whole(work)
      assert_equal expected, File.binread(path), at
      # one that is there stays as it is
      File.write(path, "another")
      assert_nil kill.call
      assert_equal "another", File.read(path), at
    end
  end
end
