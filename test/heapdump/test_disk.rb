# frozen_string_literal: true

require "test_helper"

# What HeapDump.disk tells of a file system. The other opinion is that of stat(1).
class TestDisk < HeapDumpTest
  def disk(path)
    HeapDump.send(:disk, path)
  end

  def stat(path)
    out = Child.run({}, "stat", "-f", "-c", "%T %S %a %b", path, timeout: 10).out
    type, unit, free, total = out.split
    [type, Integer(free) * Integer(unit), Integer(total) * Integer(unit)]
  end

  def test_as_another_program_sees_it
    [scratch, "/", "/proc"].each do |path|
      type, _, total = stat(path)
      in_memory, *bytes = disk(path)
      assert_equal [%w[tmpfs ramfs].include?(type), total], [in_memory, bytes.last], path
      assert 50.times.any? { free_as_before_or_after?(path) }, path
    end
  end

  # Others write meanwhile.
  def free_as_before_or_after?(path)
    before = stat(path)[1]
    free = disk(path)[1]
    free.between?(*[before, stat(path)[1]].minmax)
  end

  def test_files_that_take_memory
    skip "/dev/shm is no tmpfs" unless stat("/dev/shm").first == "tmpfs"

    assert_equal true, disk("/dev/shm").first
  end

  def test_what_cannot_be_read
    assert_raises(Errno::ENOENT) { disk(File.join(scratch, "missing")) }
    assert_raises(ArgumentError) { disk("a\0b") }
    assert_raises(TypeError) { disk(nil) }
  end
end
